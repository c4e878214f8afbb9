/**
 * Sending one submission: the manifest, then each photo the server does not hold, then the receipt.
 *
 * Every step is written down before the next begins, so a kill at any moment costs one request at most. Everything
 * from outside comes in by `Outside`, so the whole machine runs in a test without a network.
 */

import { sha256Hex } from '../domain/bytes';
import type { SubmissionStatus } from '../domain/wire';
import { codeOf, detailOf, expectStatus } from './answers';
import type { Failure, FailureKind, OutboxItem, OutboxPhoto } from './item';
import { waitMs } from './judge';
import type { Note } from './note';
import type { Outside } from './outside';
import { BadReceipt, verifyReceipt, type Receipt } from './receipt';
import { Halt, Stop } from './stop';
import { sendPhoto } from './upload';

/**
 * 'sign_in' stops the whole run: no other item would fare better. 'data': the manifest is held, photos remain.
 * 'halted': it may not go on now. 'later': its next try is written down.
 */
export type Outcome = 'received' | 'sign_in' | 'no_answer' | 'data' | 'halted' | 'later';

/** A quarantined item asks again this often whether the desk has let it in. */
const QUARANTINE_WAIT_MS = 60 * 60_000;

async function announce(item: OutboxItem, outside: Outside): Promise<SubmissionStatus> {
  if (item.data_held || item.failure?.kind === 'quarantined') {
    const answer = await outside.status(item.submission_id);
    // 404: restored from an older backup, or still in quarantine. The same bytes again do no harm.
    if (answer.status !== 404) return expectStatus(answer, item);
  }
  return expectStatus(await outside.putManifest(item.submission_id, item.manifest), item);
}

/** The verified receipt in a status. Throws BadReceipt. */
export async function receiptOf(status: SubmissionStatus, item: OutboxItem, outside: Outside): Promise<Receipt> {
  const expected = { ...item, photos: item.photos.map((photo) => photo.sha256) };
  try {
    return await verifyReceipt(status.receipt, outside.receiptKeys(), expected);
  } catch (error) {
    if (!(error instanceof BadReceipt) || error.reason !== 'unknown_key') throw error;
    await outside.refreshKeys();
    return verifyReceipt(status.receipt, outside.receiptKeys(), expected);
  }
}

/** The photo's bytes as they were taken, or why they cannot be sent. */
async function readPhoto(photo: OutboxPhoto, outside: Outside): Promise<ArrayBuffer | Stop> {
  let bytes: ArrayBuffer | null;
  try {
    bytes = await outside.photoBytes(photo.photo_id);
  } catch (error) {
    // Not read is not damaged: a store in trouble may give it back another time.
    return new Stop('phone', String(error));
  }
  return bytes && (await sha256Hex(bytes)) === photo.sha256 ? bytes : new Stop('photo_damaged', photo.kind);
}

/** The photos of these digests, each once: two senders of one upload would end each other. */
function photosOf(item: OutboxItem, wanted: (sha256: string) => boolean): OutboxPhoto[] {
  return [...new Map(item.photos.filter(({ sha256 }) => wanted(sha256)).map((photo) => [photo.sha256, photo])).values()];
}

/**
 * Try one item to its end, or its data only. Never throws for what the network, the server or one bad photo does;
 * throws when the phone cannot even write down what happened.
 */
export async function sendItem(start: OutboxItem, outside: Outside, extent: 'all' | 'data' = 'all'): Promise<Outcome> {
  // Nothing to do that is allowed: no request is spent on finding out.
  if (outside.hindrance(start.data_held)) return 'halted';
  let item = await outside.save(start, { state: 'sending' });
  let moved = false;
  let status: SubmissionStatus | null = null;
  const heard = async (told: SubmissionStatus): Promise<void> => {
    // Of answers that overtook each other the one that holds more is the newer.
    if (status && told.missing.length > status.missing.length) return;
    status = told;
    const photos_held = photosOf(item, (sha256) => !told.missing.includes(sha256)).map(({ sha256 }) => sha256);
    item = await outside.save(item, { data_held: true, photos_held });
  };

  /** What ends the item at once, and what one photo suffers: told after the last has had its chance. */
  const ends: unknown[] = [];
  let stop: Stop | undefined;
  const sendOne = async (photo: OutboxPhoto, lacking: boolean): Promise<void> => {
    if (ends.length > 0) return;
    const why = outside.hindrance(true);
    if (why) throw new Halt(why);
    const bytes = await readPhoto(photo, outside);
    if (bytes instanceof Stop) {
      stop ??= bytes;
      return;
    }
    const answer = await sendPhoto(item.submission_id, photo, bytes, lacking, outside, () => { moved = true; });
    // The bytes were right when they left: the way spoilt them, so sending again is the cure.
    if (answer.status === 422 && codeOf(answer) === 'photo_digest_mismatch') throw new Stop('busy', detailOf(answer));
    if (answer.status === 404 && codeOf(answer) === 'submission_not_found') throw new Stop('server_lost', detailOf(answer));
    try {
      await heard(expectStatus(answer, item));
      moved = true;
    } catch (error) {
      if (!(error instanceof Stop) || error.kind !== 'refused') throw error;
      stop ??= error;
    }
  };

  try {
    let waiting = extent === 'all' && item.data_held ? photosOf(item, (sha256) => !item.photos_held.includes(sha256)) : [];
    // Known to wait, they are asked for one by one: on a line that breaks each way there and back counts.
    const lacking = waiting.length === 0;
    if (lacking) {
      const told = await announce(item, outside);
      moved = !item.data_held;
      await heard(told);
      waiting = photosOf(item, (sha256) => told.missing.includes(sha256));
      if (extent === 'data' && waiting.length > 0) {
        await outside.save(item, { state: 'queued', failure: null });
        return 'data';
      }
    }

    const ended = (error: unknown) => { ends.push(error); };
    // Noted before the lane is free again: the next in the line must not begin.
    await Promise.all(waiting.map((photo) => outside.lanes.run(() => sendOne(photo, lacking).catch(ended))));
    const lost = ends.some((end) => end instanceof Stop && end.kind === 'server_lost');
    if (lost) item = await outside.save(item, { data_held: false, photos_held: [] });
    if (ends.length > 0) throw ends[0];
    if (stop) throw stop;

    // Two last photos at once, and neither answer knew of the other; or the server no longer has what it had.
    let whole = status as SubmissionStatus | null;
    if (!whole?.complete) {
      whole = expectStatus(await outside.status(item.submission_id), item);
      status = null;
      await heard(whole);
    }
    const receipt = await receiptOf(whole, item, outside);
    const verified_at = outside.now().toISOString();
    await outside.save(item, {
      state: 'received',
      receipt: whole.receipt,
      receipt_no: receipt.receipt_no,
      received_at: receipt.received_at,
      verified_at,
      checked_at: verified_at,
      failure: null,
    });
    return 'received';
  } catch (error) {
    if (error instanceof Halt) {
      await outside.save(item, { state: 'queued' });
      return 'halted';
    }
    const attempt_count = moved ? 1 : item.attempt_count + 1;
    if (error instanceof Stop) return fail(item, error.kind, error.detail, attempt_count, outside);
    if (error instanceof BadReceipt) return fail(item, 'bad_receipt', error.reason, attempt_count, outside);
    // What the phone itself could not do with this item must not hold up the others.
    return fail(item, 'phone', String(error), attempt_count, outside);
  }
}

const STATE_AFTER: Record<FailureKind, OutboxItem['state']> = {
  no_answer: 'queued',
  busy: 'queued',
  sign_in: 'queued',
  bad_receipt: 'queued',
  phone: 'queued',
  server_lost: 'queued',
  quarantined: 'quarantined',
  refused: 'failed',
  conflict: 'failed',
  photo_damaged: 'failed',
};

async function fail(
  item: OutboxItem, kind: FailureKind, detail: string, attempt_count: number, outside: Outside,
): Promise<Outcome> {
  const now = outside.now();
  const wait_ms = kind === 'quarantined' ? QUARANTINE_WAIT_MS : waitMs(attempt_count, () => outside.random());
  const failure: Failure = { kind, detail, at: now.toISOString() };
  await outside.save(item, {
    state: STATE_AFTER[kind],
    failure,
    attempt_count,
    next_try_at: new Date(now.getTime() + wait_ms).toISOString(),
  });
  return kind === 'sign_in' || kind === 'no_answer' ? kind : 'later';
}

/** Whether an item or a note is tried by itself now; `failed` waits for a person. */
export function isDue(item: { state: (OutboxItem | Note)['state']; next_try_at: string }, now: Date): boolean {
  // 'sending' without a running sender is an item whose page was killed: its turn is now.
  if (item.state === 'sending') return true;
  if (item.state !== 'queued' && item.state !== 'quarantined') return false;
  const wait_ms = Date.parse(item.next_try_at) - now.getTime();
  // Further off than any wait: the phone's clock was set back meanwhile.
  return wait_ms <= 0 || wait_ms > 2 * QUARANTINE_WAIT_MS;
}
