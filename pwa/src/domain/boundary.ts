/** The boundary as a whole: an exterior however it was captured, its laps, and what is taken out of it (房屋、水塘). */

import { intervalFactor, ringOf, verticesVariance, walkSeM2 } from './accuracy';
import { areaM2, lengthM, perimeterM } from './area';
import { combineLaps, splitLaps, type LapMean } from './laps';
import { positionOf, usableFixes, type Fix, type WalkFigures } from './walk';
import type { BoundaryMethod, Policy } from './wire';

export interface CapturedRing {
  /** Absent in captures of older versions: walked. */
  method?: BoundaryMethod | undefined;
  fixes: readonly Fix[];
  /** When each lap but the last was closed; the last may still be under way. */
  lap_ends_t_ms?: readonly number[] | undefined;
  closed: boolean;
}

export interface BoundaryFigures extends WalkFigures {
  /** One by one, in order; empty for a single lap. */
  lap_areas_m2: number[];
  laps_agree: boolean;
  /** Taken out of the exterior, which `area_m2` is without. */
  holes_m2: number;
}

interface RingFigures {
  area_m2: number;
  se_m2: number;
  lap_areas_m2: number[];
  laps_agree: boolean;
}

type Terms = Pick<Policy, 'walk' | 'confidence' | 'accuracy_confidence'>;

function onPlane(fixes: readonly Fix[], terms: Terms) {
  return ringOf(
    fixes.map(positionOf), fixes.map((fix) => fix.accuracy_m), fixes.map((fix) => fix.t_ms / 1000), terms.accuracy_confidence,
  );
}

function single(fixes: readonly Fix[], walked: boolean, terms: Terms): RingFigures {
  const ring = onPlane(fixes, terms);
  const se_m2 = ring.length < 3 ? 0 : walked ? walkSeM2(ring) : Math.sqrt(verticesVariance(ring));
  return { area_m2: areaM2(fixes.map(positionOf)), se_m2, lap_areas_m2: [], laps_agree: true };
}

/** The last mean reckoned: it stays the same while the next lap is walked, fix by fix. */
let latest: { key: string; mean: LapMean; areas_m2: number[] } | null = null;

function measureWalk(fixes: readonly Fix[], lap_ends_t_ms: readonly number[], closed: boolean, terms: Terms): RingFigures {
  const ring = onPlane(fixes, terms);
  const laps = splitLaps(ring);
  if (laps.length < 2) {
    // While the second lap is walked the first one stands; together they would count the ground twice.
    const first_end_ms = closed ? undefined : lap_ends_t_ms[0];
    return single(first_end_ms === undefined ? fixes : fixes.filter((fix) => fix.t_ms <= first_end_ms), true, terms);
  }
  const start = fixes[0];
  const key = JSON.stringify([laps, start, fixes[laps.at(-1)?.[1] ?? 0], terms.accuracy_confidence]);
  if (latest?.key !== key) {
    const measured = laps.map(([first, last]) => ({
      area_m2: areaM2(fixes.slice(first, last + 1).map(positionOf)), fixes: ring.slice(first, last + 1),
    }));
    latest = { key, mean: combineLaps(measured), areas_m2: measured.map((lap) => lap.area_m2) };
  }
  const { mean, areas_m2 } = latest;
  return { area_m2: mean.area_m2, se_m2: mean.se_m2, lap_areas_m2: areas_m2, laps_agree: mean.agree };
}

function measureRing(ring: CapturedRing, terms: Terms): RingFigures {
  const walked = (ring.method ?? 'walk') === 'walk';
  const usable = walked ? usableFixes(ring.fixes, terms.walk) : ring.fixes;
  return walked ? measureWalk(usable, ring.lap_ends_t_ms ?? [], ring.closed, terms) : single(usable, false, terms);
}

/** Area, its half width, and the rest of what the inspector sees; holes are taken out, their errors added. */
export function boundaryFigures(exterior: CapturedRing, holes: readonly CapturedRing[], policy: Terms): BoundaryFigures {
  const walked = (exterior.method ?? 'walk') === 'walk';
  const usable = walked ? usableFixes(exterior.fixes, policy.walk) : exterior.fixes;
  const first_end_ms = exterior.lap_ends_t_ms?.[0];
  // The way round is that of one lap.
  const once = (first_end_ms === undefined ? usable : usable.filter((fix) => fix.t_ms <= first_end_ms)).map(positionOf);
  const outer = measureRing(exterior, policy);
  const inner = holes.map((hole) => measureRing(hole, policy));
  const holes_m2 = inner.reduce((sum, hole) => sum + hole.area_m2, 0);
  const se_m2 = Math.hypot(outer.se_m2, ...inner.map((hole) => hole.se_m2));
  return {
    area_m2: Math.max(0, outer.area_m2 - holes_m2),
    tolerance_m2: once.length < 3 ? 0 : intervalFactor(policy.confidence) * se_m2,
    perimeter_m: perimeterM(once),
    walked_m: lengthM(usable.map(positionOf)),
    ignored_count: [exterior, ...holes].reduce((sum, ring) => sum + ignoredOf(ring, policy), 0),
    lap_areas_m2: outer.lap_areas_m2,
    laps_agree: outer.laps_agree,
    holes_m2,
  };
}

function ignoredOf(ring: CapturedRing, policy: Terms): number {
  return (ring.method ?? 'walk') === 'walk' ? ring.fixes.length - usableFixes(ring.fixes, policy.walk).length : 0;
}
