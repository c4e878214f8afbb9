/** The database of one account. Upgrades only ever add; nothing unsent is touched by a new version of the app. */

import type { DBSchema } from 'idb';
import type { Signing } from '../domain/sign-off';
import type { StandardDraft } from '../domain/standards';
import type { Tape } from '../domain/tape';
import type { Fix, WalkState } from '../domain/walk';
import type { BoundaryMethod, Counting, JoinStatement, LandType, Ledger, ManifestPhoto, Position, Spacing, TreeCounts } from '../domain/wire';
import type { OutboxItem } from '../outbox/item';
import type { Note } from '../outbox/note';
import type { Connection, OnStorage } from './connection';
import { MirroredConnection } from './mirrored';

export type Step = 'boundary' | 'photos' | 'counts' | 'standards' | 'confirm';

/** A stretch of a walk without fixes, kept as a gap and never joined silently. */
export interface Interruption {
  from_t_ms: number;
  to_t_ms: number;
  cause: 'closed_app' | 'screen_off' | 'no_fix' | 'paused';
}

/** A ring of the boundary, being walked or closed. */
export interface RingWalk {
  /** Which of the capture's fixes are its own; the fixes of earlier attempts stay. */
  attempt: number;
  state: WalkState;
  closed_t_ms: number | null;
  interruptions: Interruption[];
  /** What follows is absent from walks of older versions. */
  method?: BoundaryMethod;
  /** Why it began although the fixes were poor. */
  start_reason?: string;
  /** The last side was drawn, not walked. */
  forced_close?: boolean;
  /** When each lap but the last was closed. */
  lap_ends_t_ms?: number[];
}

/** The ring being worked on. */
export interface Walk extends RingWalk {
  /** The rings closed before it, the exterior first: then this one is a hole. */
  before?: RingWalk[];
  /** The highest attempt given out so far. */
  last_attempt?: number;
  /** Lengths entered from a tape, closed or not. */
  tape?: Tape;
}

/** One visit to one plot, from its first tap until it is frozen. The id becomes the submission's. */
export interface Capture {
  id: string;
  task_id: string;
  plot_id: string;
  /** The submission this visit corrects, when the task was returned; captures of older versions lack it. */
  predecessor_id?: string | null;
  started_at: string;
  step: Step;
  walk: Walk;
  counts: TreeCounts;
  /** The counts before each of the last changes, newest last. */
  counts_before: (TreeCounts & { counting?: Counting })[];
  remark: string;
  /** What follows is absent from captures of older versions. */
  counting?: Counting;
  /** Dead and missing trees are counted apart. */
  split_count?: boolean;
  spacing?: Spacing | null;
  /** The two distances as typed: one alone is no spacing yet. */
  spacing_typed?: { in_row: string; between_rows: string };
  slope_deg?: number | null;
  standards?: StandardDraft[];
  signing?: Signing;
  joins?: JoinStatement[];
  /** Grows with every change outside the walk's fixes: finishing refuses a snapshot that is no longer true. */
  revision: number;
  finished_at: string | null;
}

export interface StoredFix extends Fix {
  capture_id: string;
  attempt: number;
  seq: number;
  /** Taken back by the inspector; kept, but no part of the ring. */
  undone: boolean;
  /** Went into an average; kept, but no part of the ring. */
  averaged?: boolean;
  /** Where the phone had it before it was moved by hand. */
  moved_from?: Position;
}

export interface StoredPhoto extends ManifestPhoto {
  id: string;
  capture_id: string;
  /** In the order they were kept, whatever the clock said; photos of older versions lack it. */
  seq?: number;
}

export interface LedgerCopy {
  key: 'current';
  etag: string | null;
  fetched_at: string;
  ledger: Ledger;
}

/** What the inspector chose about sending. */
export interface SendingChoices {
  paused: boolean;
  /** null: not chosen yet. */
  photos_on_wifi_only: boolean | null;
}

/** What the server said this phone has told of and no longer knows, and what waits on this account's other phones. */
export interface Wiped {
  missing_on_device: string[];
  never_arrived: string[];
  /** Facts of before 2026-11-26 lack it. */
  waiting_elsewhere?: string[];
  /** Ids whose notice the inspector has put away. */
  seen: string[];
}

/** A plot that no list has, as far as it is typed. */
export interface PlotDraft {
  village_code: string;
  household_id: string;
  head_name: string;
  group_name: string;
  persons: string;
  land_type: LandType | null;
  declared: string;
  note: string;
}

export type Fact =
  | { key: 'sending'; value: SendingChoices }
  | { key: 'wiped'; value: Wiped }
  | { key: 'backup_watermark'; value: number | null }
  | { key: 'plot_draft'; value: PlotDraft | null };

/** The trace of a submission whose local copy was given up after it was safe elsewhere. */
export interface Release {
  submission_id: string;
  task_id: string;
  plot_id: string;
  finished_at: string;
  content_sha256: string;
  receipt: string;
  receipt_no: number;
  received_at: string;
  backup_watermark: number;
  photo_count: number;
  size_bytes: number;
  released_at: string;
}

export interface AccountSchema extends DBSchema {
  ledger: { key: string; value: LedgerCopy };
  captures: { key: string; value: Capture };
  fixes: { key: [string, number, number]; value: StoredFix };
  photos: { key: [string, string]; value: StoredPhoto };
  photo_bytes: { key: string; value: { photo_id: string; bytes: ArrayBuffer } };
  photo_thumbs: { key: string; value: { photo_id: string; bytes: ArrayBuffer } };
  outbox: { key: string; value: OutboxItem };
  facts: { key: string; value: Fact };
  notes: { key: string; value: Note };
  releases: { key: string; value: Release };
  resume: { key: string; value: { key: 'capture'; capture_id: string | null } };
}

export type AccountDb = Connection<AccountSchema>;

export function openAccount(user_id: string, onStorage?: OnStorage, onRefilled?: () => void): AccountDb {
  // Version 4 came with the mirror.
  return new MirroredConnection<AccountSchema>(`yanshou-account-${user_id}`, 4, (db, oldVersion) => {
    if (oldVersion < 1) {
      db.createObjectStore('ledger', { keyPath: 'key' });
      db.createObjectStore('captures', { keyPath: 'id' });
      db.createObjectStore('fixes', { keyPath: ['capture_id', 'attempt', 'seq'] });
      db.createObjectStore('photos', { keyPath: ['capture_id', 'id'] });
      // Bytes lie apart, without an index: listing photos must not read byteSize.
      db.createObjectStore('photo_bytes', { keyPath: 'photo_id' });
      db.createObjectStore('photo_thumbs', { keyPath: 'photo_id' });
      db.createObjectStore('outbox', { keyPath: 'submission_id' });
      db.createObjectStore('resume', { keyPath: 'key' });
    }
    if (oldVersion < 2) {
      db.createObjectStore('facts', { keyPath: 'key' });
      db.createObjectStore('releases', { keyPath: 'submission_id' });
    }
    if (oldVersion < 3) db.createObjectStore('notes', { keyPath: 'id' });
  }, onStorage, onRefilled);
}
