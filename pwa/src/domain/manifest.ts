/** The manifest of a submission: what was captured, as one value, and its canonical bytes. */

import { boundaryFeature, type SentRing } from './boundary-feature';
import type {
  Counting, JoinStatement, Manifest, ManifestPhoto, Plot, Programme, SignOff, Spacing, StandardAnswer, TreeCounts,
} from './wire';

export const MAX_MANIFEST_BYTES = 256 * 1024;

/** Its own ring is the exterior. */
export interface Captured extends SentRing {
  submission_id: string;
  task_id: string;
  started_at: string;
  finished_at: string;
  clock_offset_ms: number | null;
  device_id: string;
  app_version: string;
  programme: Pick<Programme, 'code' | 'policy_version'>;
  plot: Pick<Plot, 'id' | 'household_id'>;
  /** Houses, ponds: what is taken out (扣除). */
  holes?: readonly SentRing[] | undefined;
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

export function buildManifest(captured: Captured): Manifest {
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
    boundary: boundaryFeature([captured, ...(captured.holes ?? [])], captured.plot),
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

export function canonicalBytes(value: unknown): ArrayBuffer {
  return new TextEncoder().encode(canonicalJson(value)).buffer;
}

export function manifestBytes(manifest: Manifest): ArrayBuffer {
  return canonicalBytes(manifest);
}
