/** What waits to be sent (待传箱). */

import type { PhotoKind } from '../domain/wire';

/**
 * queued: will be tried by itself; sending: being tried now; received: a receipt verified; quarantined: kept aside at
 * the desk; failed: refused, a person must look. Nothing leaves the phone's store in any of them.
 */
export type ItemState = 'queued' | 'sending' | 'received' | 'quarantined' | 'failed';

export type FailureKind =
  | 'no_answer' // no network, time-out, or a stranger answering in the server's place
  | 'busy' // 408, 429 and 5xx
  | 'sign_in' // 401
  | 'refused' // the server will not take it
  | 'conflict' // 409: the id holds other bytes
  | 'quarantined' // 202
  | 'photo_damaged' // the bytes on the phone no longer have their digest
  | 'phone' // the phone could not read or write its own copy
  | 'server_lost' // confirmed once, and no longer there: sent again
  | 'bad_receipt'; // everything sent, but the receipt does not verify

export interface Failure {
  kind: FailureKind;
  /** The server's own words where there are any. */
  detail: string;
  at: string;
}

export interface OutboxPhoto {
  photo_id: string;
  sha256: string;
  kind: PhotoKind;
  size_bytes: number;
  media_type: string;
}

export interface OutboxItem {
  submission_id: string;
  task_id: string;
  plot_id: string;
  finished_at: string;
  /** Exactly the bytes sent, each time. */
  manifest: ArrayBuffer;
  content_sha256: string;
  photos: OutboxPhoto[];
  state: ItemState;
  /** The server has named our digest as its own. */
  data_held: boolean;
  photos_held: string[];
  attempt_count: number;
  next_try_at: string;
  failure: Failure | null;
  receipt: string | null;
  receipt_no: number | null;
  received_at: string | null;
  /** The device's clock when the receipt was verified. */
  verified_at: string | null;
  /** When the server was last asked whether it still holds a received item; items of older versions lack it. */
  checked_at?: string | null;
}
