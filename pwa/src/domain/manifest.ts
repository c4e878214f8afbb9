/** The manifest of a submission: what was captured, as one value, and its canonical bytes. */

import type { Fix } from './walk';
import type {
  Counting, JoinStatement, Manifest, ManifestPhoto, Plot, Position, Programme, SignOff, Spacing, StandardAnswer, TreeCounts,
} from './wire';

export const MAX_MANIFEST_BYTES = 256 * 1024;

export interface Captured {
  submission_id: string;
  task_id: string;
  started_at: string;
  finished_at: string;
  clock_offset_ms: number | null;
  device_id: string;
  app_version: string;
  programme: Pick<Programme, 'code' | 'policy_version'>;
  plot: Pick<Plot, 'id' | 'household_id'>;
  fixes: readonly Fix[];
  /** Time of closing on the same clock as the fixes. */
  closed_t_ms: number;
  counts: TreeCounts;
  photos: readonly ManifestPhoto[];
  remark: string;
  predecessor_id: string | null;
  counting?: Counting | undefined;
  spacing?: Spacing | null | undefined;
  slope_deg?: number | null | undefined;
  standards?: StandardAnswer[] | undefined;
  sign_off?: SignOff | undefined;
  joins?: JoinStatement[] | undefined;
}

function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}

/** Every raw fix in order, closed by the first position; accuracy and time run parallel to the ring. */
export function buildManifest(captured: Captured): Manifest {
  const { fixes } = captured;
  const first = fixes[0];
  const last = fixes.at(-1);
  if (!first || !last) throw new RangeError('a walk without fixes has no ring');
  const ring: Position[] = fixes.map((f) => [rounded(f.lon, 7), rounded(f.lat, 7)]);
  ring.push([rounded(first.lon, 7), rounded(first.lat, 7)]);
  const closed_t_ms = Math.max(captured.closed_t_ms, last.t_ms);
  return {
    schema: 1,
    submission_id: captured.submission_id,
    task_id: captured.task_id,
    plot_id: captured.plot.id,
    programme_code: captured.programme.code,
    policy_version: captured.programme.policy_version,
    app_version: captured.app_version,
    device_id: captured.device_id,
    started_at: captured.started_at,
    finished_at: captured.finished_at,
    clock_offset_ms: captured.clock_offset_ms,
    boundary: {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [ring] },
      properties: {
        plot_id: captured.plot.id,
        household_id: captured.plot.household_id,
        datum: 'WGS84',
        capture: 'walk',
        accuracy_m: [[...fixes.map((f) => rounded(f.accuracy_m, 2)), rounded(first.accuracy_m, 2)]],
        timestamps_s: [[...fixes.map((f) => rounded(f.t_ms / 1000, 3)), rounded(closed_t_ms / 1000, 3)]],
      },
    },
    tree_counts: { ...captured.counts },
    photos: captured.photos.map((photo) => ({ ...photo })),
    remark: captured.remark,
    // Left out when there is none: a server of before they were asked for knows these by their absence only.
    ...(captured.predecessor_id !== null && { predecessor_id: captured.predecessor_id }),
    ...(captured.counting && { counting: captured.counting }),
    ...(captured.spacing && { spacing: captured.spacing }),
    ...(captured.slope_deg != null && { slope_deg: captured.slope_deg }),
    ...(captured.standards?.length && { standards: captured.standards }),
    ...(captured.sign_off && { sign_off: captured.sign_off }),
    ...(captured.joins?.length && { joins: captured.joins }),
  };
}

/** JSON with keys in order and no spaces: the same value always gives the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

export function manifestBytes(manifest: Manifest): ArrayBuffer {
  return new TextEncoder().encode(canonicalJson(manifest)).buffer;
}
