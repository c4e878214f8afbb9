/**
 * What the server confirmed once is asked for again: a server restored from an older backup gets it anew, and only
 * what a verified backup holds, a week after, may leave the phone.
 */

import { codeOf, isAbout, statusAbout } from './answers';
import type { OutboxItem } from './item';
import { judge } from './judge';
import type { Outside } from './outside';
import { BadReceipt } from './receipt';
import { receiptOf } from './sender';

export const KEPT_FOR_MS = 7 * 24 * 60 * 60_000;

/** 'unknown': nobody who counts has answered; the item stays as it is. */
export type Reconciled = 'held' | 'queued_again' | 'released' | 'unknown' | 'sign_in';

async function queueAgain(item: OutboxItem, outside: Outside): Promise<Reconciled> {
  const at = outside.now().toISOString();
  await outside.save(item, {
    state: 'queued',
    data_held: false,
    photos_held: [],
    attempt_count: 0,
    next_try_at: at,
    failure: { kind: 'server_lost', detail: '', at },
  });
  return 'queued_again';
}

/** Ask the server about one received item, and do what follows. */
export async function reconcileItem(item: OutboxItem, outside: Outside): Promise<Reconciled> {
  if (item.state !== 'received' || outside.hindrance(false)) return 'unknown';
  const answer = await outside.status(item.submission_id);
  if (answer.status === 404 && codeOf(answer) === 'submission_not_found') return queueAgain(item, outside);
  const judgement = judge(answer.status);
  if (judgement === 'sign_in') return 'sign_in';
  const status = statusAbout(answer, item);
  if (judgement !== 'held' || !status) return 'unknown';

  const wanted = item.photos.map((photo) => photo.sha256);
  const lacks = !status.complete || wanted.some((sha256) => status.missing.includes(sha256));
  if (lacks || !isAbout(status, item.content_sha256)) return queueAgain(item, outside);

  let receipt;
  try {
    receipt = await receiptOf(status, item, outside);
  } catch (error) {
    if (error instanceof BadReceipt) return 'unknown';
    throw error;
  }
  const mark = status.backup_watermark;
  // Server times only: the phone's own clock may be set to any day.
  const held_ms = Date.parse(status.server_time_at) - Date.parse(receipt.received_at);
  const here_ms = outside.now().getTime() - Date.parse(item.verified_at ?? '');
  if (typeof mark === 'number' && mark >= receipt.receipt_no && held_ms >= KEPT_FOR_MS && here_ms >= KEPT_FOR_MS) {
    await outside.release(item, receipt, status);
    return 'released';
  }
  await outside.save(item, { checked_at: outside.now().toISOString() });
  return 'held';
}
