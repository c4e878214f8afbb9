/** Captures, their fixes and their photos. Each function is one transaction. */

import { sha256Hex } from '../domain/bytes';
import type { Fix } from '../domain/walk';
import type { OutboxItem } from '../outbox/item';
import type { AccountDb, Capture, StoredFix, StoredPhoto } from './schema';

/** The capture changed between reading and writing, or is already frozen. */
export class CaptureChanged extends Error {
  override name = 'CaptureChanged';
}

/** The same picture is already part of this capture. */
export class PhotoAlreadyTaken extends Error {
  override name = 'PhotoAlreadyTaken';
}

const allOf = (...prefix: [string] | [string, number]) => IDBKeyRange.bound(prefix, [...prefix, []]);

/** The unfinished capture of a task, or a new one: starting twice never forks the work. */
export async function startCapture(
  db: AccountDb,
  about: Pick<Capture, 'task_id' | 'plot_id' | 'started_at' | 'predecessor_id' | 'joins'>,
): Promise<Capture> {
  const keysIn = async (store: { getAllKeys(): Promise<string[]> }) => (await store.getAllKeys()).join();
  for (;;) {
    const before = await db.read(['captures'], (tx) => keysIn(tx.objectStore('captures')));
    // Read outside the transaction, which one record that cannot be read would end.
    const open = (await allCaptures(db)).find((c) => c.task_id === about.task_id && c.finished_at === null);
    if (open) return open;
    const begun = await db.write(['captures'], async (tx) => {
      const store = tx.objectStore('captures');
      // Another page began one meanwhile.
      if ((await keysIn(store)) !== before) return null;
      const capture: Capture = {
        ...about,
        id: crypto.randomUUID(),
        step: 'boundary',
        walk: { attempt: 1, state: 'idle', closed_t_ms: null, interruptions: [] },
        counts: { live: 0, dead: 0, missing: 0 },
        counts_before: [],
        remark: '',
        revision: 0,
        finished_at: null,
      };
      await store.put(capture);
      return capture;
    });
    if (begun) return begun;
  }
}

export async function allCaptures(db: AccountDb): Promise<Capture[]> {
  return db.all('captures');
}

export interface CaptureContent {
  capture: Capture;
  /** Of the current attempt, without those taken back, in order. */
  fixes: StoredFix[];
  /** The same of each ring closed before. */
  before: StoredFix[][];
  photos: StoredPhoto[];
}

interface Reading {
  capture(): Promise<Capture | undefined>;
  fixes(range: IDBKeyRange): Promise<StoredFix[]>;
  photos(range: IDBKeyRange): Promise<StoredPhoto[]>;
}

async function contentOf(id: string, stored: Reading): Promise<CaptureContent | null> {
  const capture = await stored.capture();
  if (!capture) return null;
  const ringOf = async (attempt: number) => (await stored.fixes(allOf(id, attempt))).filter((fix) => !fix.undone && !fix.averaged);
  const fixes = await ringOf(capture.walk.attempt);
  const before: StoredFix[][] = [];
  for (const { attempt } of capture.walk.before ?? []) before.push(await ringOf(attempt));
  const photos = await stored.photos(allOf(id));
  photos.sort((a, b) => (a.seq ?? -1) - (b.seq ?? -1) || (a.taken_at < b.taken_at ? -1 : 1));
  return { capture, fixes, before, photos };
}

/** One consistent picture of a capture; piece by piece where something of it cannot be read, which hides no other. */
export async function loadCapture(db: AccountDb, id: string): Promise<CaptureContent | null> {
  try {
    return await db.read(['captures', 'fixes', 'photos'], (tx) => contentOf(id, {
      capture: () => tx.objectStore('captures').get(id),
      fixes: (range) => tx.objectStore('fixes').getAll(range),
      photos: (range) => tx.objectStore('photos').getAll(range),
    }));
  } catch {
    return contentOf(id, {
      capture: () => db.get('captures', id),
      fixes: (range) => db.all('fixes', range),
      photos: (range) => db.all('photos', range),
    });
  }
}

/** Change a capture that is not frozen yet; gives the stored value. */
export async function changeCapture(db: AccountDb, id: string, change: (old: Capture) => Capture): Promise<Capture> {
  return db.write(['captures'], async (tx) => {
    const store = tx.objectStore('captures');
    const old = await store.get(id);
    if (!old || old.finished_at !== null) throw new CaptureChanged(id);
    const capture = { ...change(old), revision: old.revision + 1 };
    await store.put(capture);
    return capture;
  });
}

/** Append one fix to a walk that is recording; null when it is not, so a late fix cannot grow a closed ring. */
export async function appendFix(
  db: AccountDb, capture_id: string, fix: Fix & Pick<StoredFix, 'averaged'>,
): Promise<StoredFix | null> {
  return db.write(['captures', 'fixes'], async (tx) => {
    const capture = await tx.objectStore('captures').get(capture_id);
    if (capture?.finished_at !== null || capture.walk.state !== 'recording') return null;
    const { attempt } = capture.walk;
    const store = tx.objectStore('fixes');
    const newest = await store.openCursor(allOf(capture_id, attempt), 'prev');
    // The same fix again is this transaction done a second time.
    if (newest && (Object.keys(fix) as (keyof typeof fix)[]).every((key) => newest.value[key] === fix[key])) return newest.value;
    const seq = newest ? newest.key[2] + 1 : 0;
    const stored: StoredFix = { ...fix, capture_id, attempt, seq, undone: false };
    await store.put(stored);
    return stored;
  });
}

/** Put fixes as they now are: taken back, restored or moved. None is ever deleted. */
export async function changeFixes(db: AccountDb, fixes: readonly StoredFix[]): Promise<void> {
  await db.write(['fixes'], async (tx) => {
    for (const fix of fixes) await tx.objectStore('fixes').put(fix);
  });
}

/** A ring that was not walked, its points and the change of the capture in one transaction. */
export async function putRing(
  db: AccountDb, id: string, change: (old: Capture) => Capture, fixes: readonly StoredFix[],
): Promise<void> {
  await db.write(['captures', 'fixes'], async (tx) => {
    const store = tx.objectStore('captures');
    const old = await store.get(id);
    if (!old || old.finished_at !== null) throw new CaptureChanged(id);
    for (const fix of fixes) await tx.objectStore('fixes').put(fix);
    await store.put({ ...change(old), revision: old.revision + 1 });
  });
}

/** Photo, bytes and thumbnail together or not at all. */
export async function addPhoto(
  db: AccountDb,
  photo: StoredPhoto,
  bytes: ArrayBuffer,
  thumb: ArrayBuffer,
): Promise<void> {
  await db.write(['captures', 'photos', 'photo_bytes', 'photo_thumbs'], async (tx) => {
    const capture = await tx.objectStore('captures').get(photo.capture_id);
    if (capture?.finished_at !== null) throw new CaptureChanged(photo.capture_id);
    const others = await tx.objectStore('photos').getAll(allOf(photo.capture_id));
    // The very same photo again is this transaction done a second time: the connection went while it was answered.
    if (others.some((other) => other.sha256 === photo.sha256 && other.id !== photo.id)) throw new PhotoAlreadyTaken(photo.sha256);
    const seq = 1 + Math.max(-1, ...others.map((other) => other.seq ?? -1));
    await tx.objectStore('photos').put({ ...photo, seq });
    await tx.objectStore('photo_bytes').put({ photo_id: photo.id, bytes });
    await tx.objectStore('photo_thumbs').put({ photo_id: photo.id, bytes: thumb });
    await tx.objectStore('captures').put({ ...capture, revision: capture.revision + 1 });
  });
}

/** Change what is said about a photo, never its bytes. */
export async function describePhoto(
  db: AccountDb, photo: Pick<StoredPhoto, 'id' | 'capture_id'>, change: Pick<StoredPhoto, 'remarks'>,
): Promise<void> {
  await db.write(['captures', 'photos'], async (tx) => {
    const capture = await tx.objectStore('captures').get(photo.capture_id);
    if (capture?.finished_at !== null) throw new CaptureChanged(photo.capture_id);
    const old = await tx.objectStore('photos').get([photo.capture_id, photo.id]);
    if (!old) return;
    await tx.objectStore('photos').put({ ...old, ...change });
    await tx.objectStore('captures').put({ ...capture, revision: capture.revision + 1 });
  });
}

export async function removePhoto(db: AccountDb, photo: Pick<StoredPhoto, 'id' | 'capture_id'>): Promise<void> {
  await db.write(['captures', 'photos', 'photo_bytes', 'photo_thumbs'], async (tx) => {
    const capture = await tx.objectStore('captures').get(photo.capture_id);
    if (capture?.finished_at !== null) throw new CaptureChanged(photo.capture_id);
    await tx.objectStore('photos').delete([photo.capture_id, photo.id]);
    await tx.objectStore('photo_bytes').delete(photo.id);
    await tx.objectStore('photo_thumbs').delete(photo.id);
    await tx.objectStore('captures').put({ ...capture, revision: capture.revision + 1 });
  });
}

async function photoOf(db: AccountDb, photo_id: string): Promise<StoredPhoto | undefined> {
  return db.read(['photos'], async (tx) => {
    const store = tx.objectStore('photos');
    const key = (await store.getAllKeys()).find(([, id]) => id === photo_id);
    return key && store.get(key);
  });
}

/** A photo's bytes; where they are damaged or cannot be read, those of the mirror, which are then put back. */
export async function photoBytes(db: AccountDb, photo_id: string): Promise<ArrayBuffer | null> {
  const reading = db.read(['photo_bytes'], (tx) => tx.objectStore('photo_bytes').get(photo_id));
  const [row, photo] = await Promise.all([
    reading.catch(() => undefined), photoOf(db, photo_id).catch(() => undefined),
  ]);
  const whole = async (bytes: ArrayBuffer) => (await sha256Hex(bytes)) === photo?.sha256;
  if (photo && !(row && (await whole(row.bytes)))) {
    const other = await db.fromMirror?.('photo_bytes', photo_id);
    if (other && (await whole(other.bytes))) {
      await db.write(['photos', 'photo_bytes'], async (tx) => {
        // Taken out meanwhile, it stays out.
        if (await tx.objectStore('photos').getKey([photo.capture_id, photo_id])) await tx.objectStore('photo_bytes').put(other);
      }).catch(() => undefined);
      return other.bytes;
    }
  }
  return (await reading)?.bytes ?? null;
}

export async function thumbBytes(db: AccountDb, photo_id: string): Promise<ArrayBuffer | null> {
  const row = await db.read(['photo_thumbs'], (tx) => tx.objectStore('photo_thumbs').get(photo_id));
  return row?.bytes ?? null;
}

/** Freeze: the outbox item and the end of the capture in one transaction, only if nothing changed since `revision`. */
export async function freezeCapture(
  db: AccountDb,
  snapshot: Pick<Capture, 'id' | 'revision'>,
  finished_at: string,
  item: OutboxItem,
): Promise<void> {
  await db.write(['captures', 'outbox', 'resume'], async (tx) => {
    const capture = await tx.objectStore('captures').get(snapshot.id);
    // Frozen by this very call, whose answer was lost with the connection.
    if (capture?.finished_at === finished_at && capture.revision === snapshot.revision + 1) return;
    if (capture?.finished_at !== null || capture.revision !== snapshot.revision) throw new CaptureChanged(snapshot.id);
    await tx.objectStore('captures').put({ ...capture, finished_at, revision: capture.revision + 1 });
    await tx.objectStore('outbox').add(item);
    await tx.objectStore('resume').put({ key: 'capture', capture_id: null });
  });
}

/** Where to go on after a restart. */
export async function resumePoint(db: AccountDb): Promise<Capture | null> {
  return db.read(['resume', 'captures'], async (tx) => {
    const mark = await tx.objectStore('resume').get('capture');
    if (!mark?.capture_id) return null;
    const capture = await tx.objectStore('captures').get(mark.capture_id);
    return capture?.finished_at === null ? capture : null;
  });
}

export async function markResume(db: AccountDb, capture_id: string | null): Promise<void> {
  await db.write(['resume'], (tx) => tx.objectStore('resume').put({ key: 'capture', capture_id }));
}
