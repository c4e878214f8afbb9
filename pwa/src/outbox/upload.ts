/**
 * Sending one photo: in one request when it is small, else in parts that each are durable before they are answered
 * (docs/protocol.md, "A photo in parts"). The server's offset is the truth; a lost answer costs one HEAD.
 */

import { NOBODY, type Answer } from '../api';
import { contentDigest } from '../domain/bytes';
import { codeOf, detailOf } from './answers';
import type { OutboxPhoto } from './item';
import { judge } from './judge';
import type { Outside } from './outside';
import { Halt, Stop } from './stop';

/** Requests in a row that brought nothing, before the item waits its turn again. */
const MOST_FRUITLESS = 5;

/**
 * The server's last answer: the status when the photo is held. `bytes` must have been checked against its digest;
 * `onMoved` is called whenever some of them have become durable.
 *
 * `lacking`: the server has just said that it lacks this photo. Else it is asked first, so that nothing goes twice.
 */
export async function sendPhoto(
  submission_id: string, photo: OutboxPhoto, bytes: ArrayBuffer, lacking: boolean, outside: Outside, onMoved: () => void,
): Promise<Answer> {
  if (lacking && bytes.byteLength <= outside.part_size.bytes) {
    const answer = await sendWhole(submission_id, photo, bytes, outside);
    if (answer.status !== undefined) return answer;
    await broke(1, outside);
  }
  return sendParts(submission_id, photo, bytes, outside, onMoved);
}

async function sendWhole(
  submission_id: string, photo: OutboxPhoto, bytes: ArrayBuffer, outside: Outside,
): Promise<Answer> {
  const began_ms = outside.ticks_ms();
  const answer = await outside.putPhoto(submission_id, photo, bytes);
  if (answer.status === 200 || answer.status === 201) {
    outside.part_size.succeeded(bytes.byteLength, outside.ticks_ms() - began_ms);
    outside.progress(photo, bytes.byteLength, bytes.byteLength, began_ms);
  }
  return answer;
}

/** Nobody answered: the part may have arrived all the same. */
async function broke(fruitless: number, outside: Outside): Promise<void> {
  outside.part_size.failed();
  await outside.pause(250 * 2 ** fruitless * (0.5 + outside.random() / 2));
}

/** There is no upload resource: the server is one of before parts, or has forgotten the submission. */
async function sendWithoutParts(
  submission_id: string, photo: OutboxPhoto, bytes: ArrayBuffer, outside: Outside,
): Promise<Answer> {
  const asked = await outside.status(submission_id);
  return judge(asked.status) === 'held' ? sendWhole(submission_id, photo, bytes, outside) : asked;
}

function isOffset(offset: unknown, length: number): offset is number {
  return typeof offset === 'number' && Number.isInteger(offset) && offset >= 0 && offset <= length;
}

async function sendParts(
  submission_id: string, photo: OutboxPhoto, bytes: ArrayBuffer, outside: Outside, onMoved: () => void,
): Promise<Answer> {
  const { part_size } = outside;
  let offset: number | null = null;
  let furthest = 0;
  let fruitless = 0;
  for (;;) {
    const why = outside.hindrance(true);
    if (why) throw new Halt(why);

    const opening = offset === null;
    if (offset === null) {
      const asked = await outside.uploadState(submission_id, photo);
      if (asked.status === 404 || asked.status === 405) return sendWithoutParts(submission_id, photo, bytes, outside);
      if (asked.status !== undefined && asked.status >= 400) return asked;
      const { upload } = asked;
      if (!upload) return NOBODY;
      if (upload.complete === true) return outside.status(submission_id);
      if (!isOffset(upload.offset, bytes.byteLength)) return NOBODY;
      part_size.limit(upload.min_append_bytes, upload.max_append_bytes);
      offset = upload.offset;
      if (offset > furthest) fruitless = 0;
      if (offset > furthest && furthest > 0) onMoved();
      furthest = Math.max(furthest, offset);
      outside.progress(photo, offset, 0, outside.ticks_ms());
    }

    const end: number = Math.min(bytes.byteLength, offset + (opening ? part_size.opening() : part_size.bytes));
    const part = bytes.slice(offset, end);
    const last = end === bytes.byteLength;
    const began_ms = outside.ticks_ms();
    const answer = await outside.patchPhoto(submission_id, photo, { offset, bytes: part, last, digest: await contentDigest(part) });
    const { status, upload } = answer;

    const whole = last && (status === 200 || status === 201);
    if (whole || (status === 204 && upload?.offset === end)) {
      part_size.succeeded(part.byteLength, outside.ticks_ms() - began_ms);
      outside.progress(photo, end, part.byteLength, began_ms);
      if (whole) return answer;
      furthest = Math.max(furthest, end);
      fruitless = 0;
      onMoved();
      // The whole went, yet no status came with it: HEAD says whether it counts as complete.
      offset = last ? null : end;
      continue;
    }

    fruitless += 1;
    if (fruitless > MOST_FRUITLESS) throw new Stop(status === undefined ? 'no_answer' : 'busy', detailOf(answer));
    if (status === 409 && codeOf(answer) === 'upload_offset_mismatch') {
      const said = upload?.offset ?? (answer.body as { expected_offset?: unknown }).expected_offset;
      offset = isOffset(said, bytes.byteLength) && said < bytes.byteLength ? said : null;
      continue;
    }
    if (status === 404 || status === 405) return sendWithoutParts(submission_id, photo, bytes, outside);
    if (status === 413) {
      part_size.tooLarge(part.byteLength);
      continue;
    }
    if (status === 400) {
      // Damaged on the way: smaller, from the same place.
      if (codeOf(answer) === undefined) return NOBODY;
      part_size.failed();
      continue;
    }
    if (status !== undefined && status !== 204) return answer;
    offset = null;
    await broke(fruitless, outside);
  }
}
