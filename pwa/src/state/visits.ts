/** What one visit hands on to the next: who inspects today, and the signatures of a household for its other plots. */

import { loadCapture, photoBytes } from '../db/captures';
import type { AccountDb, Capture } from '../db/schema';
import type { JoinStatement } from '../domain/wire';
import type { CaptureWork } from './capture-work';

/** A day's round: later it is another visit, and everybody signs anew. */
const SAME_VISIT_MS = 12 * 3_600_000;

/** Names of the inspectors: the one at the phone, and who signed with them last. */
export function inspectorNames(captures: readonly Capture[], own_name: string): string[] {
  const last = [...captures]
    .filter((capture) => capture.signing !== undefined)
    .sort((a, b) => (a.started_at < b.started_at ? 1 : -1))[0];
  const names = last?.signing?.inspectors.map(({ name }) => name.trim()) ?? [];
  return [own_name, ...names.filter((name) => name !== '' && name !== own_name)];
}

/** The last finished visit of these plots today that was signed; null when there is none. */
export function signedToday(captures: readonly Capture[], plot_ids: ReadonlySet<string>, now_ms: number): Capture | null {
  return [...captures]
    .filter(({ finished_at, plot_id, signing }) =>
      finished_at !== null && signing !== undefined && plot_ids.has(plot_id) && now_ms - Date.parse(finished_at) < SAME_VISIT_MS)
    .sort((a, b) => ((a.finished_at ?? '') < (b.finished_at ?? '') ? 1 : -1))[0] ?? null;
}

/** What was said at the household's other plots about sharing a ridge with this one, the last word counting. */
export function joinsSaidOf(captures: readonly Capture[], plot_id: string): JoinStatement[] {
  const said = new Map<string, boolean>();
  for (const capture of [...captures].sort((a, b) => (a.started_at < b.started_at ? -1 : 1))) {
    const about = capture.joins?.find((each) => each.plot_id === plot_id);
    if (about) said.set(capture.plot_id, about.joined);
  }
  return [...said].map(([other_id, joined]) => ({ plot_id: other_id, joined }));
}

/** Copy the signatures of an earlier visit with their photos; each keeps the time it was given. */
export async function carrySignatures(db: AccountDb, from: Capture, work: CaptureWork): Promise<void> {
  const content = await loadCapture(db, from.id);
  const { signing } = from;
  if (!content || !signing) return;
  const there = new Set(work.photos.map((photo) => photo.sha256));
  for (const photo of content.photos) {
    const bytes = photo.kind === 'signature' && !there.has(photo.sha256) ? await photoBytes(db, photo.id) : null;
    if (!bytes) continue;
    const { kind, source, taken_at, clock_offset_ms, position } = photo;
    await work.addPicture(bytes, { kind, source, taken_at, clock_offset_ms }, position && { ...position, arrived_ms: 0 });
  }
  await work.change((old) => ({ ...old, signing }));
}
