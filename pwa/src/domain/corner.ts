/** A corner averaged while standing still (转角定点). */

import type { Fix } from './walk';

/** A tap starts it; so many fixes, one a second, make a corner. */
export const CORNER_FIXES = 10;
/** A slow receiver need not be waited for longer than this, if it gave a few. */
export const CORNER_MS = 10_000;
const LEAST_FIXES = 4;

export function cornerDone(count: number, elapsed_ms: number): boolean {
  return count >= CORNER_FIXES || (elapsed_ms >= CORNER_MS && count >= LEAST_FIXES);
}

/**
 * One vertex from the fixes of a stop. Its accuracy is their mean, not better: a receiver's error drifts over a minute,
 * and ten seconds hardly change it.
 */
export function cornerOf(fixes: readonly Fix[], t_ms: number): Fix {
  const mean = (value: (fix: Fix) => number) => fixes.reduce((sum, fix) => sum + value(fix), 0) / fixes.length;
  return {
    lon: mean((fix) => fix.lon),
    lat: mean((fix) => fix.lat),
    accuracy_m: mean((fix) => fix.accuracy_m),
    t_ms,
    fixed_at: fixes.at(-1)?.fixed_at ?? '',
    source: 'average',
  };
}
