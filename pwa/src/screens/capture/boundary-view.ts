/** What the boundary's screens show of the work: the sketch, and what is wrong with the ring. */

import { muOf } from '../../domain/area';
import { crossingsOf } from '../../domain/crossings';
import { overlapWith } from '../../domain/overlap';
import { gradeOf, lapFixes, positionOf, usableFixes, vertexIndexes, type Fix } from '../../domain/walk';
import type { Position } from '../../domain/wire';
import type { Located } from '../../device/location';
import type { CaptureWork } from '../../state/capture-work';
import { t } from '../../text';
import { duration } from '../../text/format';
import type { Neighbour, Sketched, Tracked } from '../shared/sketch';

const LEAST_TOLD_MU = 0.005;

/** The fixes of the ring being worked on that make its line: of a walk those that count. */
export function countedFixes(work: CaptureWork): readonly Fix[] {
  const { boundary } = work;
  return boundary.method === 'walk' ? usableFixes(boundary.fixes, work.subject.programme.policy.walk) : boundary.fixes;
}

function trackOf(work: CaptureWork): Tracked[] {
  const { fixes, walk, method } = work.boundary;
  const counted = countedFixes(work);
  const counts = new Set(counted);
  const vertices = new Set(vertexIndexes(counted).map((i) => counted[i]));
  return fixes.map((fix) => {
    const gap = method === 'walk'
      ? walk.interruptions.find((each) => each.from_t_ms < fix.t_ms && fix.t_ms <= each.to_t_ms + 1)
      : undefined;
    return {
      position: positionOf(fix),
      counts: counts.has(fix),
      // A stop on purpose is dashed as well, but is no interruption.
      gap: gap && (gap.cause === 'paused' ? '' : t('中断 {t}', { t: duration(gap.to_t_ms - gap.from_t_ms) })),
      vertex: vertices.has(fix) ? fix.source ?? 'fix' : undefined,
    };
  });
}

export interface OverlapFound {
  neighbour: Neighbour;
  area_m2: number;
  significant: boolean;
  /** The household's own: two of its plots may not be paid for the same ground. */
  own: boolean;
}

export interface RingFaults {
  crossings: Position[];
  overlaps: OverlapFound[];
}

/** Crossings of the lap as it stands; overlaps of the exterior once it is closed. */
export function faultsOf(work: CaptureWork, neighbours: readonly Neighbour[]): RingFaults {
  const { boundary, subject } = work;
  const { walk } = boundary;
  const closed = walk.state === 'closed';
  const counted = closed && walk.lap_ends_t_ms?.length
    ? countedFixes(work).filter((fix) => fix.t_ms <= (walk.lap_ends_t_ms?.[0] ?? 0))
    : lapFixes(countedFixes(work), walk.lap_ends_t_ms);
  const line = vertexIndexes(counted).flatMap((i) => counted[i] ?? []).map(positionOf);
  // A moment after the start a corner of the start is not the end of a ring.
  const crossings = crossingsOf(line, closed && boundary.method !== 'tape').map((crossing) => crossing.at);
  const [exterior] = boundary.rings;
  if (exterior?.walk.state !== 'closed') return { crossings, overlaps: [] };
  const first_end_ms = exterior.walk.lap_ends_t_ms?.[0];
  const { policy } = subject.programme;
  const usable = (exterior.walk.method ?? 'walk') === 'walk' ? usableFixes(exterior.fixes, policy.walk) : exterior.fixes;
  const once = first_end_ms === undefined ? usable : usable.filter((fix) => fix.t_ms <= first_end_ms);
  const ring = once.map(positionOf);
  const accuracy_m = once.map((fix) => fix.accuracy_m);
  const overlaps = neighbours.flatMap((neighbour) => {
    const found = overlapWith(ring, accuracy_m, neighbour.ring, policy);
    // What rounds to nothing is nobody's business.
    return found && muOf(found.area_m2) >= LEAST_TOLD_MU ? [{ ...found, neighbour, own: neighbour.plot.household_id === subject.plot.household_id }] : [];
  });
  return { crossings, overlaps };
}

export function sketchOf(work: CaptureWork, neighbours: readonly Neighbour[], here: Located | null, faults: RingFaults): Sketched {
  const { boundary, subject } = work;
  const { walk } = boundary;
  const overlapping = new Set(faults.overlaps.filter((each) => each.significant).map((each) => each.neighbour));
  return {
    outline: subject.plot.boundary?.coordinates[0] ?? null,
    centre: subject.plot.centre,
    neighbours: neighbours.map((each) => ({ ...each, overlaps: overlapping.has(each) })),
    track: trackOf(work),
    closed: walk.state === 'closed',
    forced: walk.forced_close ?? false,
    rings: boundary.rings.slice(0, -1).map((ring, i) => ({ ring: ring.fixes.map(positionOf), hole: i > 0 })),
    crossings: faults.crossings,
    here: here && {
      position: [here.lon, here.lat],
      accuracy_m: here.accuracy_m,
      grade: gradeOf(here.accuracy_m, subject.programme.policy.walk),
    },
  };
}
