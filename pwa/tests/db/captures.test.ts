import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  addPhoto, appendFix, CaptureChanged, changeCapture, changeFixes, freezeCapture, loadCapture, markResume, PhotoAlreadyTaken, photoBytes,
  putRing, removePhoto, resumePoint, startCapture,
} from '../../src/db/captures';
import { allItems, changeItem } from '../../src/db/outbox';
import { openAccount, type AccountDb, type Capture, type StoredPhoto } from '../../src/db/schema';
import { itemWithPhotos } from '../outbox/server';

const TASK = { task_id: 'task', plot_id: 'plot', started_at: '2026-03-02T00:00:00Z' };
const FIX = { lon: 109.4, lat: 25.2, accuracy_m: 4, t_ms: 0, fixed_at: '2026-03-02T00:00:01Z' };

let db: AccountDb;
let capture: Capture;

beforeEach(async () => {
  indexedDB = new IDBFactory();
  db = openAccount('u1');
  capture = await startCapture(db, TASK);
});

const walking = (state: Capture['walk']['state']) =>
  changeCapture(db, capture.id, (old) => ({ ...old, walk: { ...old.walk, state } }));

const photo = (sha256: string): StoredPhoto => ({
  id: `id-${sha256}`, capture_id: capture.id, sha256, size_bytes: 3, media_type: 'image/jpeg', kind: 'tree', source: 'file',
  taken_at: '2026-03-02T00:01:00Z', clock_offset_ms: null, position: null, width: 4, height: 3,
});
const BYTES = new Uint8Array([1, 2, 3]).buffer;

test('starting the same task twice goes on with the same capture', async () => {
  expect((await startCapture(db, TASK)).id).toBe(capture.id);
});

test('starting the same task in two pages at once goes on with one capture', async () => {
  const other = { ...TASK, task_id: 'other' };
  const [one, two] = await Promise.all([startCapture(db, other), startCapture(openAccount('u1'), other)]);

  expect(one.id).toBe(two.id);
});

test('a capture, a fix and a photo that cannot be read hide no other, and let another capture begin', async () => {
  await walking('recording');
  for (let s = 0; s < 3; s += 1) await appendFix(db, capture.id, { ...FIX, t_ms: s * 1000 });
  await addPhoto(db, photo('a'), BYTES, BYTES);
  await addPhoto(db, photo('b'), BYTES, BYTES);
  const broken = await startCapture(db, { ...TASK, task_id: 'broken' });
  const bad = [broken.id, [capture.id, 1, 1], [capture.id, 'id-a']].map((key) => JSON.stringify(key));
  const gone = () => { throw new DOMException('gone', 'NotReadableError'); };
  const get = Reflect.get(IDBObjectStore.prototype, 'get') as (this: IDBObjectStore, key: IDBValidKey) => IDBRequest;
  vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(gone);
  vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
    return bad.includes(JSON.stringify(key)) ? gone() : get.call(this, key as IDBValidKey);
  });

  const content = await loadCapture(db, capture.id);
  const next = await startCapture(db, { ...TASK, task_id: 'next' });
  vi.restoreAllMocks();

  expect(content?.fixes.map((fix) => fix.t_ms)).toEqual([0, 2000]);
  expect(content?.photos.map(({ sha256 }) => sha256)).toEqual(['b']);
  expect((await loadCapture(db, next.id))?.capture.task_id).toBe('next');
});

test('every write is strict', async () => {
  const begin = vi.spyOn(IDBDatabase.prototype, 'transaction');

  await walking('recording');
  await appendFix(db, capture.id, FIX);

  const writes = begin.mock.calls.filter(([, mode]) => mode === 'readwrite');
  expect(writes.length).toBeGreaterThan(1);
  expect(writes.every(([, , options]) => options?.durability === 'strict')).toBe(true);
  begin.mockRestore();
});

test('a database closed under our feet is opened again', async () => {
  await walking('recording');
  const close = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
    throw new DOMException('The database connection is closing.', 'InvalidStateError');
  });

  expect(await appendFix(db, capture.id, FIX)).toMatchObject({ seq: 0 });
  close.mockRestore();
});

describe('fixes', () => {
  test('come back in order, those taken back left out but kept', async () => {
    await walking('recording');
    for (let s = 0; s < 12; s += 1) await appendFix(db, capture.id, { ...FIX, t_ms: s * 1000 });
    const before = await loadCapture(db, capture.id);
    const last = before?.fixes.at(-1);
    if (last) await changeFixes(db, [{ ...last, undone: true }]);

    const after = await loadCapture(db, capture.id);
    expect(after?.fixes.map((fix) => fix.t_ms)).toEqual(Array.from({ length: 11 }, (_, s) => s * 1000));
    const all = await db.read(['fixes'], (tx) => tx.objectStore('fixes').count());
    expect(all).toBe(12);
  });

  test('come back when they are restored, in their old place', async () => {
    await walking('recording');
    for (let s = 0; s < 4; s += 1) await appendFix(db, capture.id, { ...FIX, t_ms: s * 1000 });
    const [, second] = (await loadCapture(db, capture.id))?.fixes ?? [];
    if (second) {
      await changeFixes(db, [{ ...second, undone: true }]);
      await changeFixes(db, [second]);
    }

    expect((await loadCapture(db, capture.id))?.fixes.map((fix) => fix.seq)).toEqual([0, 1, 2, 3]);
  });

  test('under an average are kept, but are no part of the ring', async () => {
    await walking('recording');
    await appendFix(db, capture.id, { ...FIX, averaged: true });
    await appendFix(db, capture.id, { ...FIX, source: 'average' });

    expect((await loadCapture(db, capture.id))?.fixes.map((fix) => fix.source)).toEqual(['average']);
    expect(await db.read(['fixes'], (tx) => tx.objectStore('fixes').count())).toBe(2);
  });

  test('of the exterior stay beside those of a hole', async () => {
    await walking('recording');
    await appendFix(db, capture.id, FIX);
    const pond = [0, 1, 2].map((seq) => ({ ...FIX, capture_id: capture.id, attempt: 2, seq, undone: false }));
    await putRing(db, capture.id, (old) => ({ ...old, walk: { ...old.walk, attempt: 2, before: [old.walk] } }), pond);

    const content = await loadCapture(db, capture.id);
    expect(content?.fixes).toHaveLength(3);
    expect(content?.before.map((ring) => ring.length)).toEqual([1]);
  });

  test('a late fix cannot grow a closed ring', async () => {
    await walking('recording');
    await appendFix(db, capture.id, FIX);
    await walking('closed');

    expect(await appendFix(db, capture.id, FIX)).toBeNull();
    expect((await loadCapture(db, capture.id))?.fixes).toHaveLength(1);
  });

  test('a new attempt starts empty', async () => {
    await walking('recording');
    await appendFix(db, capture.id, FIX);
    await changeCapture(db, capture.id, (old) => ({ ...old, walk: { ...old.walk, attempt: 2 } }));

    expect((await loadCapture(db, capture.id))?.fixes).toEqual([]);
  });
});

describe('photos', () => {
  test('bytes come back unaltered', async () => {
    await addPhoto(db, photo('a'), BYTES, BYTES);

    expect(new Uint8Array((await photoBytes(db, 'id-a')) ?? new ArrayBuffer(0))).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('the same picture is refused the second time, and nothing of it is kept', async () => {
    await addPhoto(db, photo('a'), BYTES, BYTES);

    await expect(addPhoto(db, { ...photo('a'), id: 'other' }, BYTES, BYTES)).rejects.toBeInstanceOf(PhotoAlreadyTaken);
    expect(await photoBytes(db, 'other')).toBeNull();
  });

  test('a removed picture is gone with its bytes', async () => {
    await addPhoto(db, photo('a'), BYTES, BYTES);
    await removePhoto(db, photo('a'));

    expect((await loadCapture(db, capture.id))?.photos).toEqual([]);
    expect(await photoBytes(db, 'id-a')).toBeNull();
  });
});

test('photos keep the order they were taken in, though the clock was set back between', async () => {
  await addPhoto(db, { ...photo('first'), taken_at: '2027-01-01T00:00:00Z' }, BYTES, BYTES);
  await addPhoto(db, { ...photo('second'), taken_at: '2026-01-01T00:00:00Z' }, BYTES, BYTES);

  expect((await loadCapture(db, capture.id))?.photos.map(({ sha256 }) => sha256)).toEqual(['first', 'second']);
});

describe('done twice, because the connection was lost with the answer', () => {
  test('a photo is there once', async () => {
    await addPhoto(db, photo('a'), BYTES, BYTES);
    await addPhoto(db, photo('a'), BYTES, BYTES);

    expect((await loadCapture(db, capture.id))?.photos).toHaveLength(1);
  });

  test('a fix is there once', async () => {
    await walking('recording');
    const [first, again] = [await appendFix(db, capture.id, FIX), await appendFix(db, capture.id, FIX)];

    expect(again).toEqual(first);
    expect((await loadCapture(db, capture.id))?.fixes).toHaveLength(1);
  });

  test('a capture is frozen once', async () => {
    const { item } = await itemWithPhotos();
    await freezeCapture(db, capture, '2026-03-02T01:00:00Z', item);
    await freezeCapture(db, capture, '2026-03-02T01:00:00Z', item);

    expect(await allItems(db)).toHaveLength(1);
  });
});

describe('finishing', () => {
  test('puts the item into the outbox and ends the capture together', async () => {
    const { item } = await itemWithPhotos();
    await markResume(db, capture.id);
    await freezeCapture(db, capture, '2026-03-02T01:00:00Z', item);

    expect(await allItems(db)).toHaveLength(1);
    expect(await resumePoint(db)).toBeNull();
    await expect(walking('idle')).rejects.toBeInstanceOf(CaptureChanged);
    await expect(addPhoto(db, photo('b'), BYTES, BYTES)).rejects.toBeInstanceOf(CaptureChanged);
  });

  test('is refused when something changed after the snapshot, and then nothing is in the outbox', async () => {
    const { item } = await itemWithPhotos();
    await addPhoto(db, photo('late'), BYTES, BYTES);

    await expect(freezeCapture(db, capture, '2026-03-02T01:00:00Z', item)).rejects.toBeInstanceOf(CaptureChanged);
    expect(await allItems(db)).toEqual([]);
    expect((await loadCapture(db, capture.id))?.capture.finished_at).toBeNull();
  });

  test('the frozen bytes survive every change of the item', async () => {
    const { item } = await itemWithPhotos();
    await freezeCapture(db, capture, '2026-03-02T01:00:00Z', item);
    const changed = await changeItem(db, item.submission_id, { state: 'failed' });

    expect(new TextDecoder().decode(changed.manifest)).toBe(new TextDecoder().decode(item.manifest));
  });
});

test('after a kill the app finds its way back to the same step', async () => {
  await changeCapture(db, capture.id, (old) => ({ ...old, step: 'counts', counts: { live: 3, dead: 1, missing: 0 } }));
  await markResume(db, capture.id);
  db.close();

  const found = await resumePoint(openAccount('u1'));
  expect(found).toMatchObject({ id: capture.id, step: 'counts', counts: { live: 3 } });
});

test('accounts on one phone do not see each other', async () => {
  expect(await loadCapture(openAccount('u2'), capture.id)).toBeNull();
});
