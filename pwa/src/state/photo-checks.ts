/** What the phone has against a picture right after the shot. It is kept all the same; a person says what becomes of it. */

import type { CapturedRing } from '../domain/boundary';
import { isFar } from '../domain/nearness';
import { isBlurred, isDark, type GreySample } from '../domain/picture-checks';
import { positionOf, usableFixes } from '../domain/walk';
import type { ManifestPhoto, PhotoRemark, Plot, Policy, Position } from '../domain/wire';

/** Captured just now, else as the ledger knows it. Of a walk of several laps the first is enough. */
export function ringInForce(
  { method = 'walk', fixes, lap_ends_t_ms: [first_end_ms = Infinity] = [], closed }: CapturedRing,
  plot: Pick<Plot, 'boundary'>,
  policy: Pick<Policy, 'walk'>,
): readonly Position[] | null {
  const points = method === 'walk' ? usableFixes(fixes.filter((fix) => fix.t_ms <= first_end_ms), policy.walk) : fixes;
  if (closed && points.length >= 3) return points.map(positionOf);
  return plot.boundary?.coordinates[0] ?? null;
}

export function remarksOn(
  photo: Pick<ManifestPhoto, 'kind' | 'source' | 'position'>,
  sample: GreySample,
  ring: readonly Position[] | null,
  policy: Policy,
): PhotoRemark[] {
  // Ink on white paper is neither in focus nor anywhere.
  if (photo.source === 'drawn' || photo.kind === 'signature') return [];
  const found: PhotoRemark['code'][] = [];
  if (photo.source === 'gallery') found.push('gallery');
  if (isDark(sample)) found.push('dark');
  // In the dark everything is soft: one warning says it.
  else if (isBlurred(sample)) found.push('blurred');
  if (isFar(photo.position, ring, policy)) found.push('far');
  return found.map((code) => ({ code, reason: '' }));
}

/** A photo that was kept in spite of a remark, and nobody has said why. */
export function unexplained(photo: Pick<ManifestPhoto, 'remarks'>): boolean {
  return (photo.remarks ?? []).some(({ reason }) => reason.trim() === '');
}

export function explained(photo: Pick<ManifestPhoto, 'remarks'>, reason: string): PhotoRemark[] {
  return (photo.remarks ?? []).map((remark) => ({ ...remark, reason }));
}
