/** A boundary walk (绕地): raw fixes, which of them count for the live figures, and how sure the area is. */

import { distanceM, lengthM } from './area';
import type { Policy, Position, VertexSource } from './wire';

/** One raw fix as the phone gave it. `t_ms` runs on the monotonic clock from the first fix of the walk. */
export interface Fix {
  lon: number;
  lat: number;
  accuracy_m: number;
  t_ms: number;
  fixed_at: string;
  /** Absent: a fix as it came. */
  source?: VertexSource;
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
/** Every so many metres a vertex is drawn, and taken back as one. */
const VERTEX_M = 3;
/** How far from the last point a walk may go on without a question. */
export const RESUME_WITHIN_M = 10;
/** What a county that set nothing gets: the server's own default. */
const START_WITH_REASON_M = 20;

/** good: start freely; fair: with a reason; poor: wait, or use a tape. */
export type StartGate = 'free' | 'reason' | 'wait';

export function startGate(accuracy_m: number, walk: Policy['walk']): StartGate {
  if (accuracy_m <= walk.start_accuracy_m) return 'free';
  return accuracy_m <= Math.max(walk.start_accuracy_m, walk.start_with_reason_m ?? START_WITH_REASON_M) ? 'reason' : 'wait';
}

export type AccuracyGrade = 'good' | 'fair' | 'poor';

/** How the accuracy of a fix is called, drawn and coloured. */
export function gradeOf(accuracy_m: number, walk: Policy['walk']): AccuracyGrade {
  if (accuracy_m <= walk.start_accuracy_m / 2) return 'good';
  return accuracy_m <= walk.max_accuracy_m ? 'fair' : 'poor';
}

export function positionOf(fix: Fix): Position {
  return [fix.lon, fix.lat];
}

/**
 * The fixes that count for the figures on the phone: accurate enough, and reachable on foot from the one before.
 * All raw fixes are sent all the same; the server judges them again.
 */
export function usableFixes<T extends Fix>(fixes: readonly T[], walk: Policy['walk']): T[] {
  const kept: T[] = [];
  for (const fix of fixes) {
    const raw = fix.source === undefined || fix.source === 'fix';
    if (raw && fix.accuracy_m > walk.max_accuracy_m) continue;
    const last = kept.at(-1);
    if (last && raw) {
      const moved_m = distanceM(positionOf(last), positionOf(fix));
      const dt_s = (fix.t_ms - last.t_ms) / 1000;
      if (moved_m > 15 && moved_m > 3 * dt_s + 10) continue;
    }
    kept.push(fix);
  }
  return kept;
}

/** The fixes of the lap being walked; `lap_ends_t_ms`: when each earlier one was closed. */
export function lapFixes<T extends Fix>(fixes: readonly T[], lap_ends_t_ms: readonly number[] = []): readonly T[] {
  const since_ms = lap_ends_t_ms.at(-1);
  return since_ms === undefined ? fixes : fixes.filter((fix) => fix.t_ms > since_ms);
}

/** Whether closing may be offered: enough walked, and back at the start. */
export function mayClose(fixes: readonly Fix[], walk: Policy['walk'], lap_ends_t_ms: readonly number[] = []): boolean {
  const toStart_m = distanceToStartM(fixes);
  const lap = lapFixes(fixes, lap_ends_t_ms);
  return (
    lap.length >= MIN_CLOSE_FIXES &&
    lengthM(lap.map(positionOf)) >= MIN_CLOSE_WALKED_M &&
    toStart_m !== null &&
    toStart_m <= walk.close_within_m
  );
}

export function distanceToStartM(fixes: readonly Fix[]): number | null {
  const first = fixes[0];
  const last = fixes.at(-1);
  return first && last && fixes.length > 1 ? distanceM(positionOf(first), positionOf(last)) : null;
}

/** Indexes of the fixes drawn as vertices: the first, and each that lies farther than the least distance from the one before. */
export function vertexIndexes(fixes: readonly Fix[]): number[] {
  const found: number[] = [];
  fixes.forEach((fix, i) => {
    const last = fixes[found.at(-1) ?? -1];
    const placed = fix.source !== undefined && fix.source !== 'fix';
    if (!last || placed || distanceM(positionOf(last), positionOf(fix)) >= VERTEX_M) found.push(i);
  });
  return found;
}

/** What taking one vertex back takes back: the last vertex and the fixes after it. */
export function lastVertexFixes<T extends Fix>(fixes: readonly T[]): readonly T[] {
  return fixes.slice(vertexIndexes(fixes).at(-1) ?? 0);
}
