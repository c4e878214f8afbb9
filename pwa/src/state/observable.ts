/** Values that change, and the screens that look at them. */

import { useEffect, useReducer } from 'preact/hooks';
import { Observable } from './changing';

export { Observable };

/** Draw again whenever one of these changes. */
export function useObserved(...observed: (Observable | null)[]): void {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const leave = observed.map((each) => each?.subscribe(() => { again(undefined); }));
    return () => { for (const each of leave) each?.(); };
  }, observed);
}
