import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fact, putFact } from '../../src/db/facts';
import type { DBSchema, IDBPDatabase } from 'idb';
import { Connection, type StorageTrouble } from '../../src/db/connection';
import { allItems } from '../../src/db/outbox';
import { openAccount, type AccountDb } from '../../src/db/schema';
import type { OutboxItem } from '../../src/outbox/item';

const PAUSED = { key: 'sending', value: { paused: true, photos_on_wifi_only: null } } as const;
let db: AccountDb;
let told: (StorageTrouble | null)[];

beforeEach(() => {
  indexedDB = new IDBFactory();
  told = [];
  db = openAccount('u1', (trouble) => told.push(trouble));
});

afterEach(() => { vi.restoreAllMocks(); });

function failing(name: string, times: number): void {
  const begin = Reflect.get(IDBDatabase.prototype, 'transaction') as (this: IDBDatabase, ...what: unknown[]) => IDBTransaction;
  let left = times;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...what) {
    if (left > 0) {
      left -= 1;
      throw new DOMException('gone', name);
    }
    return begin.apply(this, what);
  });
}

test('a connection the browser closed is opened again, and the write is kept', async () => {
  await fact(db, 'sending');
  failing('InvalidStateError', 1);

  await putFact(db, PAUSED);

  expect(await fact(db, 'sending')).toEqual(PAUSED.value);
  expect(told).not.toContain('broken');
});

test('a connection lost in the middle of a write: the work is done again from its beginning', async () => {
  let runs = 0;
  await db.write(['facts'], async (tx) => {
    runs += 1;
    await tx.objectStore('facts').put(PAUSED);
    if (runs === 1) tx.abort();
    await tx.objectStore('facts').get('sending');
  });

  expect(runs).toBe(2);
  expect(await fact(db, 'sending')).toEqual(PAUSED.value);
});

test.each([
  ['InvalidStateError', 2, 'broken'],
  ['QuotaExceededError', 1, 'full'],
  ['VersionError', 1, 'newer'],
] as const)('%s for good is thrown and told', async (name, times, trouble) => {
  await fact(db, 'sending');
  failing(name, times);

  await expect(putFact(db, PAUSED)).rejects.toThrow();
  expect(told.at(-1)).toBe(trouble);

  await putFact(db, PAUSED);
  expect(told.at(-1)).toBeNull();
});

test('what could not be written stays told, however much can be read', async () => {
  await fact(db, 'sending');
  failing('QuotaExceededError', 1);
  await expect(putFact(db, PAUSED)).rejects.toThrow();

  await fact(db, 'sending');
  expect(told).toEqual(['full']);

  await putFact(db, PAUSED);
  expect(told).toEqual(['full', null]);
});

test('that a database does not open is told until it does, though nothing is written then', async () => {
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => { throw new DOMException('gone', 'UnknownError'); });
  await expect(fact(db, 'sending')).rejects.toThrow();
  vi.restoreAllMocks();

  await fact(db, 'sending');

  expect(told).toEqual(['broken', null]);
});

test('a newer page upgrades, whatever connections were lost here before', async () => {
  await fact(db, 'sending');
  // Lost as the app sees it; the browser still has it open.
  failing('UnknownError', 1);
  await putFact(db, PAUSED);

  const upgraded = await new Promise<string>((done) => {
    const opening = indexedDB.open('yanshou-account-u1', 99);
    opening.onblocked = () => { done('blocked'); };
    opening.onsuccess = () => { opening.result.close(); done('upgraded'); };
  });

  expect(upgraded).toBe('upgraded');
  await expect(fact(db, 'sending')).rejects.toThrow();
  expect(told.at(-1)).toBe('newer');
});

test('a database that opened but could not be made ready is left open by nobody', async () => {
  const unready = new (class extends Connection<DBSchema> {
    protected override opened = () => Promise.reject(new RangeError('not ready'));
  })('unready', 1, (made) => { (made as unknown as IDBPDatabase).createObjectStore('facts'); });
  await expect(unready.use(() => Promise.resolve())).rejects.toThrow('not ready');

  const deleted = await new Promise<string>((done) => {
    const deleting = indexedDB.deleteDatabase('unready');
    deleting.onblocked = () => { done('blocked'); };
    deleting.onsuccess = () => { done('deleted'); };
  });

  expect(deleted).toBe('deleted');
});

test('a record that cannot be read is told, and hides no other', async () => {
  await db.write(['outbox'], async (tx) => {
    for (const submission_id of ['a', 'bad', 'c']) await tx.objectStore('outbox').put({ submission_id, finished_at: submission_id } as OutboxItem);
  });
  const gone = () => { throw new DOMException('gone', 'NotReadableError'); };
  vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(gone);
  const get = Reflect.get(IDBObjectStore.prototype, 'get') as (this: IDBObjectStore, key: string) => IDBRequest;
  vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
    return key === 'bad' ? gone() : get.call(this, key as string);
  });

  expect((await allItems(db)).map((item) => item.submission_id)).toEqual(['a', 'c']);
  expect(told.at(-1)).toBe('broken');
});

test('a rule of our own that fails is no trouble of the store', async () => {
  await expect(db.write(['facts'], () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);

  expect(told.every((each) => each === null)).toBe(true);
});

test('a store that is full is called full, though each of its requests says only "aborted"', async () => {
  const begin = Reflect.get(IDBDatabase.prototype, 'transaction') as (this: IDBDatabase, ...what: unknown[]) => IDBTransaction;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...what) {
    const tx = begin.apply(this, what);
    if (what[1] !== 'readwrite') return tx;
    // As Chromium ends it: the transaction knows why, its open requests do not.
    Object.defineProperty(tx, 'error', { value: new DOMException('no room', 'QuotaExceededError') });
    queueMicrotask(() => { tx.abort(); });
    return tx;
  });

  await expect(putFact(db, PAUSED)).rejects.toThrow('no room');

  expect(told.at(-1)).toBe('full');
});
