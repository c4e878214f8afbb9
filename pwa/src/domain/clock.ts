/**
 * Telling a clock that was set from a phone that slept: the page's monotonic clock stands still in sleep and never
 * jumps, the wall clock runs on in sleep and jumps when it is set. A page that is seen does not sleep.
 */

export interface Reading {
  wall_ms: number;
  page_ms: number;
}

/** Sleep longer than this is rather a clock that was set. */
const LONGEST_SLEEP_MS = 12 * 60 * 60_000;
const NOISE_MS = 2_000;

/** How long the phone slept between two readings around a time the page was hidden. */
export function sleptMs(hidden: Reading, seen: Reading): number {
  const ahead_ms = (seen.wall_ms - hidden.wall_ms) - (seen.page_ms - hidden.page_ms);
  return ahead_ms > NOISE_MS && ahead_ms <= LONGEST_SLEEP_MS ? ahead_ms : 0;
}

/**
 * Server time minus device time now, when the wall clock was set since it was measured. `slept` says that the page
 * was hidden in between, so a wall clock running ahead proves nothing.
 */
export function offsetNow(offset_ms: number, measured: Reading, now: Reading, slept: boolean): number {
  const ahead_ms = (now.wall_ms - measured.wall_ms) - (now.page_ms - measured.page_ms);
  if (Math.abs(ahead_ms) <= NOISE_MS) return offset_ms;
  if (slept && ahead_ms > 0 && ahead_ms <= LONGEST_SLEEP_MS) return offset_ms;
  return Math.round(offset_ms - ahead_ms);
}

export function reading(): Reading {
  return { wall_ms: Date.now(), page_ms: performance.now() };
}
