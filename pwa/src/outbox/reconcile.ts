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

/**
 * 'unknown': nobody who counts has answered; the item stays as it is. 'unclear': the server answered, and not in a
 * way that settles anything; noted as asked, so that one such item does not stand before all others each time.
 */
export type Reconciled = 'held' | 'queued_again' | 'released' | 'unknown' | 'unclear' | 'sign_in';

/** Received items are asked for again this often, so many at a time. */
const RECHECK_MS = 10 * 60_000;
const RECHECKED_AT_ONCE = 4;

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

async function unclear(item: OutboxItem, outside: Outside): Promise<Reconciled> {
  await outside.save(item, { checked_at: outside.now().toISOString() });
  return 'unclear';
}

/** Ask the server about one received item, and do what follows. */
export async function reconcileItem(item: OutboxItem, outside: Outside): Promise<Reconciled> {
  if (item.state !== 'received' || outside.hindrance(false)) return 'unknown';
  const answer = await outside.status(item.submission_id);
  if (answer.status === 404 && codeOf(answer) === 'submission_not_found') return queueAgain(item, outside);
  const judgement = judge(answer.status);
  if (judgement === 'sign_in') return 'sign_in';
  const status = statusAbout(answer, item);
  if (judgement !== 'held' || !status) return codeOf(answer) === undefined ? 'unknown' : unclear(item, outside);

  const wanted = item.photos.map((photo) => photo.sha256);
  const lacks = !status.complete || wanted.some((sha256) => status.missing.includes(sha256));
  if (lacks || !isAbout(status, item.content_sha256)) return queueAgain(item, outside);

  let receipt;
  try {
    receipt = await receiptOf(status, item, outside);
  } catch (error) {
    if (error instanceof BadReceipt) return unclear(item, outside);
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

/** Whether it is time to ask again. A time that lies ahead was noted by a clock that has been set back since. */
function isStale(item: OutboxItem, now_ms: number): boolean {
  const age_ms = now_ms - Date.parse(item.checked_at ?? '');
  return item.state === 'received' && !(age_ms >= 0 && age_ms < RECHECK_MS);
}

/**
 * Ask whether the server still holds what it confirmed, the longest unasked first, some at a time; once one is gone,
 * all of them. 'lost': something waits to be sent again.
 */
export async function recheck(items: readonly OutboxItem[], outside: Outside): Promise<'fine' | 'lost' | 'sign_in'> {
  const now_ms = outside.now().getTime();
  const stale = items
    .filter((item) => isStale(item, now_ms))
    .sort((a, b) => ((a.checked_at ?? '') < (b.checked_at ?? '') ? -1 : 1));
  let lost = false;
  for (const [i, item] of stale.entries()) {
    // One that is gone says that the server was restored.
    if (i >= RECHECKED_AT_ONCE && !lost) break;
    const result = await reconcileItem(item, outside);
    if (result === 'sign_in') return 'sign_in';
    if (result === 'unknown') break;
    lost ||= result === 'queued_again';
  }
  return lost ? 'lost' : 'fine';
}
