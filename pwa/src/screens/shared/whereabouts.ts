/** Where one stands, for a list that says how far each thing is. */

import { useEffect } from 'preact/hooks';
import type { Whereabouts } from '../../state/whereabouts';

/**
 * Follow the position while the screen is open, where that is allowed already: a list never opens a question by itself.
 *
 * Returns longitude and latitude to about ten metres, for a list must not be made anew with every fix; null: not known.
 */
export function useRoughPosition(whereabouts: Whereabouts): readonly [number, number] | null {
  useEffect(() => {
    let stop: (() => void) | undefined;
    let left = false;
    void whereabouts.locator.alreadyAllowed().then((allowed) => {
      if (allowed && !left) stop = whereabouts.watch();
    });
    return () => { left = true; stop?.(); };
  }, [whereabouts]);
  const { here } = whereabouts;
  return here && [Number(here.lon.toFixed(4)), Number(here.lat.toFixed(4))];
}
