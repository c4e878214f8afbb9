/** Everything the sending machine needs from outside, so that it runs in a test without network and clock. */

import type { Answer } from '../api';
import type { ReceiptKey, SubmissionStatus } from '../domain/wire';
import type { Receipt } from './receipt';
import type { OutboxItem, OutboxPhoto } from './item';
import type { Lanes } from './lanes';
import type { PartSize } from './part-size';
import type { Hindrance } from './stop';

export interface Part {
  offset: number;
  bytes: ArrayBuffer;
  /** The photo ends with this part. */
  last: boolean;
  /** Content-Digest of the part (RFC 9530). */
  digest: string;
}

export interface Outside {
  putManifest(submission_id: string, manifest: ArrayBuffer): Promise<Answer>;
  putPhoto(submission_id: string, photo: OutboxPhoto, bytes: ArrayBuffer): Promise<Answer>;
  /** How much of a photo the server holds; the answer is in `upload`. */
  uploadState(submission_id: string, photo: OutboxPhoto): Promise<Answer>;
  patchPhoto(submission_id: string, photo: OutboxPhoto, part: Part): Promise<Answer>;
  status(submission_id: string): Promise<Answer>;
  photoBytes(photo_id: string): Promise<ArrayBuffer | null>;
  receiptKeys(): readonly ReceiptKey[];
  /** Read the session again: the server may sign with a newer key. */
  refreshKeys(): Promise<void>;
  save(item: OutboxItem, change: Partial<OutboxItem>): Promise<OutboxItem>;
  /** Give up the local copy of a received item and write that down. */
  release(item: OutboxItem, receipt: Receipt, status: SubmissionStatus): Promise<void>;
  /** Why nothing (or no photo) may be sent now. Asked before each request. */
  hindrance(photos: boolean): Hindrance | null;
  /** So many bytes of a photo are on the server now, `sent_bytes` of them by a request that began at `began_ms`. */
  progress(photo: OutboxPhoto, held_bytes: number, sent_bytes: number, began_ms: number): void;
  readonly part_size: PartSize;
  readonly lanes: Lanes;
  now(): Date;
  /** Milliseconds on a clock that never jumps. */
  ticks_ms(): number;
  pause(wait_ms: number): Promise<void>;
  random(): number;
}
