/** A boundary walk (绕地): raw fixes, which of them count for the live figures, and how sure the area is. */

import { intervalFactor, ringOf, walkSeM2 } from './accuracy';
import { areaM2, distanceM, lengthM, perimeterM } from './area';
import type { Policy, Position } from './wire';

/** One raw fix as the phone gave it. `t_ms` runs on the monotonic clock from the first fix of the walk. */
export interface Fix {
  lon: number;
  lat: number;
  accuracy_m: number;
  t_ms: number;
  fixed_at: string;
}

export type WalkState = 'idle' | 'recording' | 'paused' | 'closed';

export interface WalkFigures {
  area_m2: number;
  /** Half width of the interval at the policy's confidence; 0 while there is no area. */
  tolerance_m2: number;
  perimeter_m: number;
  walked_m: number;
  ignored_count: number;
}

const MIN_CLOSE_FIXES = 4;
const MIN_CLOSE_WALKED_M = 30;

export function positionOf(fix: Fix): Position {
  return [fix.lon, fix.lat];
}

/**
 * The fixes that count for the figures on the phone: accurate enough, and reachable on foot from the one before.
 * All raw fixes are sent all the same; the server judges them again.
 */
export function usableFixes(fixes: readonly Fix[], walk: Policy['walk']): Fix[] {
  const kept: Fix[] = [];
  for (const fix of fixes) {
    if (fix.accuracy_m > walk.max_accuracy_m) continue;
    const last = kept.at(-1);
    if (last) {
      const moved_m = distanceM(positionOf(last), positionOf(fix));
      const dt_s = (fix.t_ms - last.t_ms) / 1000;
      if (moved_m > 15 && moved_m > 3 * dt_s + 10) continue;
    }
    kept.push(fix);
  }
  return kept;
}

/** Whether closing may be offered: enough walked, and back at the start. */
export function mayClose(fixes: readonly Fix[], walk: Policy['walk']): boolean {
  const toStart_m = distanceToStartM(fixes);
  return (
    fixes.length >= MIN_CLOSE_FIXES &&
    lengthM(fixes.map(positionOf)) >= MIN_CLOSE_WALKED_M &&
    toStart_m !== null &&
    toStart_m <= walk.close_within_m
  );
}

export function distanceToStartM(fixes: readonly Fix[]): number | null {
  const first = fixes[0];
  const last = fixes.at(-1);
  return first && last && fixes.length > 1 ? distanceM(positionOf(first), positionOf(last)) : null;
}

/** Half width (m²) of the interval on the area of a walk, at the policy's confidence: what the server would say of it. */
export function toleranceM2(fixes: readonly Fix[], policy: Pick<Policy, 'confidence' | 'accuracy_confidence'>): number {
  const ring = ringOf(
    fixes.map(positionOf), fixes.map((fix) => fix.accuracy_m), fixes.map((fix) => fix.t_ms / 1000), policy.accuracy_confidence,
  );
  return intervalFactor(policy.confidence) * walkSeM2(ring);
}

export function walkFigures(fixes: readonly Fix[], policy: Policy): WalkFigures {
  const usable = usableFixes(fixes, policy.walk);
  const line = usable.map(positionOf);
  return {
    area_m2: areaM2(line),
    tolerance_m2: line.length < 3 ? 0 : toleranceM2(usable, policy),
    perimeter_m: perimeterM(line),
    walked_m: lengthM(line),
    ignored_count: fixes.length - usable.length,
  };
}
