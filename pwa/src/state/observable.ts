/** Values that change, and the screens that look at them. */

import { useLayoutEffect, useReducer } from 'preact/hooks';
import { Observable } from './changing';

export { Observable };

/** Draw again whenever one of these changes. */
export function useObserved(...observed: (Observable | null)[]): void {
  const [, again] = useReducer((n: number) => n + 1, 0);
  // At once, not after the next frame: what changes before that would never be drawn.
  useLayoutEffect(() => {
    const leave = observed.map((each) => each?.subscribe(() => { again(undefined); }));
    return () => { for (const each of leave) each?.(); };
  }, observed);
}
