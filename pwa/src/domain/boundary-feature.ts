/** The boundary as it is sent: rings, and how each of their points came about. */

import type { Fix } from './walk';
import type { BoundaryMethod, Gap, Manifest, Plot, Position, VertexSource } from './wire';

/** One ring as it is kept; everything but the fixes is absent from captures of older versions. */
export interface SentRing {
  fixes: readonly Fix[];
  /** Time of closing on the same clock as the fixes. */
  closed_t_ms: number;
  method?: BoundaryMethod | undefined;
  forced_close?: boolean | undefined;
  start_reason?: string | undefined;
  interruptions?: readonly { from_t_ms: number; to_t_ms: number; cause: Gap['cause'] }[] | undefined;
}

type Boundary = Manifest['boundary'];

function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}

/** How well an outline of before was measured nobody knows any more. */
const accuracyOf = (fix: Fix) => (fix.source === 'earlier' ? null : rounded(fix.accuracy_m, 2));

/** Every point in order, closed by the first; accuracy, time and source run parallel to the rings. */
export function boundaryFeature(rings: readonly SentRing[], plot: Pick<Plot, 'id' | 'household_id'>): Boundary {
  const [exterior] = rings;
  if (!exterior || rings.some((ring) => ring.fixes.length === 0)) throw new RangeError('a walk without fixes has no ring');
  const coordinates: Position[][] = [];
  const accuracy_m: (number | null)[][] = [];
  const timestamps_s: (number | null)[][] = [];
  const sources: VertexSource[][] = [];
  for (const { fixes, closed_t_ms } of rings) {
    const closing = fixes.slice(0, 1);
    const last_ms = fixes.at(-1)?.t_ms ?? 0;
    const ring = [...fixes, ...closing];
    coordinates.push(ring.map((fix): Position => [rounded(fix.lon, 7), rounded(fix.lat, 7)]));
    accuracy_m.push(ring.map(accuracyOf));
    timestamps_s.push([...fixes.map((fix) => fix.t_ms), Math.max(closed_t_ms, last_ms)].map((t_ms) => rounded(t_ms / 1000, 3)));
    sources.push(ring.map((fix) => fix.source ?? 'fix'));
  }
  const method = exterior.method ?? 'walk';
  const gaps = rings.flatMap(gapsOf);
  const start_reason = rings.map((ring) => ring.start_reason ?? '').find((reason) => reason !== '');
  return {
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates },
    properties: {
      plot_id: plot.id,
      household_id: plot.household_id,
      datum: 'WGS84',
      capture: method === 'walk' ? 'walk' : 'vertices',
      accuracy_m,
      timestamps_s,
      // What is as it always was is left out: an older server knows a walk by its silence.
      ...(method !== 'walk' && { method }),
      ...(sources.flat().some((source) => source !== 'fix') && { sources }),
      ...(gaps.length > 0 && { gaps }),
      ...(rings.some((ring) => ring.forced_close) && { forced_close: true }),
      ...(start_reason !== undefined && { start_reason }),
    },
  };
}

function gapsOf({ fixes, interruptions = [] }: SentRing): Gap[] {
  const last_ms = fixes.at(-1)?.t_ms ?? 0;
  // One that was taken back with the points after it is no gap of this ring any more.
  return interruptions
    .filter((gap) => gap.to_t_ms <= last_ms + 1)
    .map(({ from_t_ms, to_t_ms, cause }) => ({ from_s: rounded(from_t_ms / 1000, 3), to_s: rounded(to_t_ms / 1000, 3), cause }));
}
