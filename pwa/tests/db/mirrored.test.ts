import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { StorageTrouble } from '../../src/db/connection';
import { dropBucket } from '../../src/db/bucket';
import { photoBytes } from '../../src/db/captures';
import { openAccount, type AccountDb } from '../../src/db/schema';
import { roomForCapture } from '../../src/device/space';
import { sha256Hex } from '../../src/domain/bytes';

const NAME = 'yanshou-account-u1';
const STORES = ['facts', 'notes', 'photo_bytes'] as const;
type Store = (typeof STORES)[number];
type Held = Record<string, unknown[]>;

/** The phone: what its browser keeps in the two places, and how much room it has. */
let second: IDBFactory | null;
let quota: number;
let usage: number;
let refilled: number;
let told: (StorageTrouble | null)[];
let db: AccountDb;
/** Another tab, or the worker that was woken. */
let other: AccountDb;
/** The bucket does not open now. */
let shut: boolean;

/** One after the other, in the order asked for, as Web Locks are. */
class Locks {
  #last: Promise<unknown> = Promise.resolve();

  request<T>(_name: string, work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

beforeEach(() => {
  indexedDB = new IDBFactory();
  second = new IDBFactory();
  [quota, usage, refilled, told, shut] = [10_000_000_000, 1_000_000, 0, [], false];
  vi.stubGlobal('navigator', {
    locks: new Locks(),
    storage: { estimate: () => Promise.resolve({ quota, usage }) },
    storageBuckets: {
      open: () => (second && !shut ? Promise.resolve({ indexedDB: second }) : Promise.reject(new DOMException('no', 'UnknownError'))),
      delete: () => { second = null; return Promise.resolve(); },
    },
  });
  start();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** The app is started: what it knew is gone, what is stored is there. */
function start(): void {
  db = openAccount('u1', (trouble) => told.push(trouble), () => { refilled += 1; });
  other = openAccount('u1');
}

const put = (store: Store, key: string, size = 1, by = db) => {
  const value = {
    facts: { key, value: size }, notes: { id: key, text: size }, photo_bytes: { photo_id: key, bytes: new ArrayBuffer(size) },
  }[store];
  return by.write([store], (tx) => tx.objectStore(store).put(value as never));
};

async function held(factory: IDBFactory | null = null): Promise<Held> {
  if (!factory) {
    return Object.fromEntries(await Promise.all(
      STORES.map(async (store) => [store, await db.read([store], (tx) => tx.objectStore(store).getAll())] as const),
    ));
  }
  const from = await opened(factory);
  const found: Held = {};
  for (const store of STORES) {
    found[store] = await new Promise((done) => {
      const asked = from.transaction(store).objectStore(store).getAll();
      asked.onsuccess = () => { done(asked.result as unknown[]); };
    });
  }
  found['writes'] = await new Promise((done) => {
    const asked = from.transaction('writes').objectStore('writes').get('last');
    asked.onsuccess = () => { done([asked.result]); };
  });
  from.close();
  return found;
}

/** All of a database, its own marks too. */
type Image = Record<string, { keys: IDBValidKey[]; values: unknown[] }>;

const opened = (factory: IDBFactory) => new Promise<IDBDatabase>((done, fail) => {
  const opening = factory.open(NAME);
  opening.onsuccess = () => { done(opening.result); };
  opening.onerror = () => { fail(new Error('not opened')); };
});

async function imageOf(factory: IDBFactory): Promise<Image> {
  const from = await opened(factory);
  const image: Image = {};
  for (const store of from.objectStoreNames) {
    const stored = from.transaction(store).objectStore(store);
    const [keys, values] = [stored.getAllKeys(), stored.getAll()];
    await new Promise((done) => { values.onsuccess = done; });
    image[store] = { keys: keys.result, values: values.result };
  }
  from.close();
  return image;
}

/** What a database held earlier, in a new one: the end of its log was not to be read. */
async function rolledBack(earlier: Image): Promise<IDBFactory> {
  const factory = new IDBFactory();
  const now = indexedDB;
  indexedDB = factory;
  const kept = second;
  second = null;
  const alone = openAccount('u1');
  await alone.read(['facts'], (tx) => tx.objectStore('facts').getAll());
  alone.close();
  [indexedDB, second] = [now, kept];
  const into = await opened(factory);
  const tx = into.transaction(Object.keys(earlier), 'readwrite');
  for (const [store, { keys, values }] of Object.entries(earlier)) {
    values.forEach((value, n) => tx.objectStore(store).put(value, store === 'writes' ? keys[n] : undefined));
  }
  await new Promise((done) => { tx.oncomplete = done; });
  into.close();
  return factory;
}

/** Nothing can be written to this database, until the mocks are restored. */
function failing(factory: () => IDBFactory | null, name = 'UnknownError'): void {
  const begin = Reflect.get(IDBDatabase.prototype, 'transaction') as (this: IDBDatabase, ...what: unknown[]) => IDBTransaction;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...what) {
    const raw = (this as unknown as { _rawDatabase: unknown })._rawDatabase;
    const mine = [...((factory() as unknown as { _databases: Map<string, unknown> } | null)?._databases.values() ?? [])];
    if (what[1] === 'readwrite' && mine.includes(raw)) {
      throw new DOMException('gone', name);
    }
    return begin.apply(this, what);
  });
}

test('each write stands in both copies', async () => {
  await put('facts', 'a');
  await put('photo_bytes', 'p', 9);
  await db.write(['facts', 'notes'], async (tx) => {
    await tx.objectStore('notes').add({ id: 'n' } as never);
    await tx.objectStore('facts').delete('a');
  });

  const [one, two] = [await held(indexedDB), await held(second)];
  expect(one).toEqual(two);
  expect(one).toMatchObject({ facts: [], notes: [{ id: 'n' }], writes: [3] });
});

test('a store that was thrown away is there again at the next start, and that is told', async () => {
  await put('photo_bytes', 'p', 9);
  const before = await held();
  indexedDB = new IDBFactory();
  start();

  expect(await held()).toEqual(before);
  expect(refilled).toBe(1);
});

test('without a bucket it is gone: the control', async () => {
  second = null;
  await put('facts', 'a');
  indexedDB = new IDBFactory();
  start();

  expect(await held()).toMatchObject({ facts: [] });
  expect(refilled).toBe(0);
});

test('data of before the mirror is copied at the first start', async () => {
  const opened = await new Promise<IDBDatabase>((done) => {
    const opening = indexedDB.open(NAME, 3);
    opening.onupgradeneeded = () => {
      for (const [store, keyPath] of [
        ['ledger', 'key'], ['captures', 'id'], ['photos', ['capture_id', 'id']], ['photo_bytes', 'photo_id'], ['facts', 'key'],
        ['fixes', ['capture_id', 'attempt', 'seq']], ['photo_thumbs', 'photo_id'], ['outbox', 'submission_id'], ['resume', 'key'],
        ['releases', 'submission_id'], ['notes', 'id'],
      ] as const) opening.result.createObjectStore(store, { keyPath: keyPath as string | string[] });
      opening.transaction?.objectStore('facts').put({ key: 'old', value: 1 });
    };
    opening.onsuccess = () => { done(opening.result); };
  });
  opened.close();

  const before = await held();
  indexedDB = new IDBFactory();
  start();

  expect(before).toMatchObject({ facts: [{ key: 'old', value: 1 }] });
  expect(await held()).toEqual(before);
});

test('a mirror that fails holds nothing up, and is whole after the next start', async () => {
  await put('facts', 'a');
  failing(() => second);
  await put('facts', 'b');
  vi.restoreAllMocks();
  await put('facts', 'c');
  expect(await held(second)).toMatchObject({ facts: [{ key: 'a', value: 1 }] });
  expect(told.every((trouble) => trouble === null)).toBe(true);

  start();
  await held();

  expect(await held(second)).toEqual(await held(indexedDB));
});

test('when there is no room for two copies the mirror goes and the write is kept', async () => {
  await put('facts', 'a');
  failing(() => indexedDB, 'QuotaExceededError');
  await expect(put('facts', 'b')).rejects.toThrow();
  expect(second).toBeNull();
  vi.restoreAllMocks();

  await put('facts', 'b');

  expect(await held()).toMatchObject({ facts: [{ key: 'a' }, { key: 'b' }] });
});

test('a mirror that finds no room goes, whoever meets the limit first', async () => {
  await put('facts', 'a');
  failing(() => second, 'QuotaExceededError');
  await put('facts', 'b');

  expect(second).toBeNull();
  expect(await held()).toMatchObject({ facts: [{ key: 'a' }, { key: 'b' }] });
});

test('a mirror that cannot be made whole for want of room goes', async () => {
  await put('facts', 'a');
  second = new IDBFactory();
  start();
  failing(() => second, 'QuotaExceededError');
  await put('facts', 'b');

  expect(second).toBeNull();
});

test('a mirror that was left is in the way of no write', async () => {
  await put('facts', 'a');
  failing(() => second);
  await put('facts', 'b');
  vi.restoreAllMocks();
  failing(() => indexedDB, 'QuotaExceededError');
  await expect(put('facts', 'c')).rejects.toThrow();

  expect(second).toBeNull();
});

test('a new capture finds the room that the mirror takes', async () => {
  await put('facts', 'a');
  vi.stubGlobal('caches', undefined);
  [quota, usage] = [1_000_000_000, 800_000_000];
  const { storageBuckets } = navigator as unknown as { storageBuckets: { delete: () => Promise<void> } };
  const dropped = vi.spyOn(storageBuckets, 'delete').mockImplementation(() => { usage = 400_000_000; second = null; return Promise.resolve(); });

  expect(await roomForCapture()).toBe(true);
  expect(await roomForCapture()).toBe(true);
  expect(dropped).toHaveBeenCalledTimes(1);
});

test('a mirror stays, however little room there is, while it may hold what the phone has lost', async () => {
  await put('facts', 'a');
  indexedDB = new IDBFactory();
  start();
  failing(() => indexedDB, 'QuotaExceededError');
  await expect(held()).rejects.toThrow();
  expect(await dropBucket()).toBe(false);
  vi.restoreAllMocks();

  expect(await held()).toMatchObject({ facts: [{ key: 'a' }] });
  expect(await dropBucket()).toBe(true);
});

test('a mirror stays for the account that is not signed in, and whose store is gone', async () => {
  await put('facts', 'a');
  await openAccount('u2').read(['facts'], (tx) => tx.objectStore('facts').getAll());
  indexedDB = new IDBFactory();
  start();
  await held();

  expect(await dropBucket()).toBe(false);
});

test('a mirror that failed is there again a minute later, with what was written meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  await put('facts', 'a');
  failing(() => second);
  await put('facts', 'b');
  vi.restoreAllMocks();
  await put('facts', 'c');
  expect(await held(second)).toMatchObject({ facts: [{ key: 'a' }] });

  vi.advanceTimersByTime(60_000);
  await put('facts', 'd');

  expect(await held(second)).toEqual(await held(indexedDB));
  expect(await held(second)).toMatchObject({ facts: [{ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'd' }] });
  expect(refilled).toBe(0);
});

test('a mirror that does not answer holds a write up for five seconds, and no other', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  await put('facts', 'a');
  const holding = (await opened(second ?? indexedDB)).transaction(['facts', 'writes'], 'readwrite');
  let hangs = true as boolean;
  const hang = () => { if (hangs) holding.objectStore('writes').get('last').onsuccess = hang; };
  hang();
  let kept = 0;
  const writing = put('facts', 'b').then(() => { kept += 1; });
  const { setImmediate } = globalThis as unknown as { setImmediate: (next: () => void) => void };
  while (vi.getTimerCount() === 0) await new Promise<void>((next) => { setImmediate(next); });
  await vi.advanceTimersByTimeAsync(4_900);
  expect(kept).toBe(0);
  await vi.advanceTimersByTimeAsync(200);
  await writing;
  await put('facts', 'c');
  hangs = false;

  await vi.advanceTimersByTimeAsync(60_000);
  await put('facts', 'd');

  expect(await held(second)).toEqual(await held(indexedDB));
});

test('a photo that is damaged or cannot be read is taken from the mirror, and put back', async () => {
  const bytes = new TextEncoder().encode('photo').buffer;
  const photo = { id: 'p', capture_id: 'c', sha256: await sha256Hex(bytes) };
  await db.write(['photos', 'photo_bytes'], async (tx) => {
    await tx.objectStore('photos').put(photo as never);
    await tx.objectStore('photo_bytes').put({ photo_id: 'p', bytes });
  });
  const into = (await opened(indexedDB)).transaction('photo_bytes', 'readwrite');
  into.objectStore('photo_bytes').put({ photo_id: 'p', bytes: new ArrayBuffer(5) });
  await new Promise((done) => { into.oncomplete = done; });

  expect(await photoBytes(db, 'p')).toEqual(bytes);
  expect((await held(indexedDB))['photo_bytes']).toEqual([{ photo_id: 'p', bytes }]);

  const get = Reflect.get(IDBObjectStore.prototype, 'get') as (this: IDBObjectStore, key: string) => IDBRequest;
  let unreadable = 2;
  vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
    if (this.name === 'photo_bytes' && (unreadable -= 1) >= 0) throw new DOMException('gone', 'UnknownError');
    return get.call(this, key as string);
  });
  expect(await photoBytes(db, 'p')).toEqual(bytes);
  expect(unreadable).toBeLessThanOrEqual(0);
});

test('a record that cannot be read is taken from the mirror, and put back', async () => {
  await put('facts', 'a');
  await put('facts', 'b');
  const [all, get] = (['getAll', 'get'] as const).map((name) => Reflect.get(IDBObjectStore.prototype, name) as (this: IDBObjectStore, what?: unknown) => IDBRequest);
  const puts = vi.spyOn(IDBObjectStore.prototype, 'put');
  let unreadable = 2;
  const failing = (really: typeof all) => function (this: IDBObjectStore, what?: unknown) {
    if (this.name === 'facts' && what !== 'b' && unreadable > 0) {
      unreadable -= 1;
      throw new DOMException('gone', 'NotReadableError');
    }
    return really?.call(this, what) as IDBRequest;
  };
  vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(failing(all));
  vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(failing(get));

  const facts = await db.all('facts');

  expect(facts.map(({ key }) => key)).toEqual(['a', 'b']);
  expect(unreadable).toBe(0);
  expect(puts.mock.calls.some(([value]) => (value as { key?: string }).key === 'a')).toBe(true);
});

test('a photo that is damaged in both copies is given as it is: the sender must say so', async () => {
  await db.write(['photos', 'photo_bytes'], async (tx) => {
    await tx.objectStore('photos').put({ id: 'p', capture_id: 'c', sha256: 'other' } as never);
    await tx.objectStore('photo_bytes').put({ photo_id: 'p', bytes: new ArrayBuffer(5) });
  });

  expect(await photoBytes(db, 'p')).toEqual(new ArrayBuffer(5));
});

test('what was worked while the mirror did not open is kept, and so is what stood in the mirror', async () => {
  const capture = (id: string, revision: number, finished_at: string | null) => ({ id, revision, finished_at });
  const keep = (...captures: ReturnType<typeof capture>[]) => db.write(['captures', 'fixes'], async (tx) => {
    for (const each of captures) {
      await tx.objectStore('captures').put(each as never);
      for (let seq = 0; seq < each.revision; seq += 1) {
        await tx.objectStore('fixes').put({ capture_id: each.id, attempt: 1, seq, accuracy_m: each.revision } as never);
      }
    }
  });
  await keep(capture('mine', 3, null), capture('its', 3, null), capture('finished', 3, null));
  const earlier = await imageOf(indexedDB);
  await keep(capture('its', 5, null), capture('finished', 5, 'then'), capture('mine', 4, null), capture('lost', 2, null));

  indexedDB = await rolledBack(earlier);
  shut = true;
  start();
  await keep(capture('mine', 6, null), capture('finished', 7, null), capture('new', 1, null));
  shut = false;
  start();

  const captures = await db.all('captures');
  expect(captures).toEqual([
    capture('finished', 5, 'then'), capture('its', 5, null), capture('lost', 2, null), capture('mine', 6, null), capture('new', 1, null),
  ]);
  const fixes = await db.all('fixes');
  const walked = (id: string) => fixes.filter((fix) => fix.capture_id === id).map((fix) => fix.accuracy_m);
  expect(walked('its')).toEqual([5, 5, 5, 5, 5]);
  expect(walked('mine')).toEqual([6, 6, 6, 6, 6, 6]);
  expect(refilled).toBe(1);
  expect(await held(second)).toEqual(await held(indexedDB));
});

test('a store put back to when it went alone is older than a mirror that has taken that in, and no other branch', async () => {
  await put('facts', 'a');
  failing(() => second);
  await put('facts', 'b');
  vi.restoreAllMocks();
  await put('facts', 'c', 1);
  const earlier = await imageOf(indexedDB);
  start();
  await put('facts', 'c', 2);
  indexedDB = await rolledBack(earlier);
  start();

  expect(await held()).toMatchObject({ facts: [{ key: 'a' }, { key: 'b' }, { key: 'c', value: 2 }] });
});

test('no mirror is made where it would leave no room for the work', async () => {
  second = null;
  await put('facts', 'a');
  second = new IDBFactory();
  [quota, usage] = [1_000_000_000, 400_000_000];
  start();
  await put('facts', 'b');

  expect(await held(indexedDB)).toMatchObject({ facts: [{ key: 'a' }, { key: 'b' }] });
  expect(await held(second)).toMatchObject({ facts: [] });
});

test('a copy that is cut off is begun again', async () => {
  for (let number = 0; number < 25; number += 1) await put('photo_bytes', String(number), 9);
  const before = await held();
  indexedDB = new IDBFactory();
  start();
  failing(() => indexedDB);
  await expect(held()).rejects.toThrow();
  vi.restoreAllMocks();

  start();

  expect(await held()).toEqual(before);
});

const stores = fc.constantFrom(...STORES);
const keys = fc.constantFrom('a', 'b', 'c', 'd');
const writers = fc.constantFrom(0, 1);
const puts = fc.array(fc.record({ store: stores, key: keys, by: writers }), { minLength: 1, maxLength: 4 });
const steps = fc.array(fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), store: stores, key: keys, by: writers }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), store: stores, key: keys, by: writers }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), store: fc.constantFrom('facts' as const, 'notes' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put at once' as const), puts }) },
  fc.record({ do: fc.constantFrom('lose first' as const, 'lose second' as const, 'roll first back' as const, 'die between the two' as const) }),
  fc.record({ do: fc.constant('one leaves' as const), puts }),
  fc.record({ do: fc.constant('alone' as const), first: fc.constantFrom('kept' as const, 'lost' as const, 'rolled back' as const), puts }),
), { maxLength: 30 });

test('whatever one of the two loses, whoever writes, what was acknowledged is there', async () => {
  let serial = 0;
  await fc.assert(fc.asyncProperty(steps, async (list) => {
    indexedDB = new IDBFactory();
    second = new IDBFactory();
    start();
    const model: Record<Store, Map<string, unknown>> = { facts: new Map(), notes: new Map(), photo_bytes: new Map() };
    const earlier: Image[] = [];
    const write = async ({ store, key, by }: { store: Store; key: string; by: number }) => {
      // The bytes of a photo never change.
      const size = store === 'photo_bytes' ? key.charCodeAt(0) : (serial += 1);
      await put(store, key, size, by ? other : db);
      model[store].set(key, size);
    };
    const rollBack = async () => {
      const then = earlier[Math.floor(earlier.length / 2)];
      if (then) indexedDB = await rolledBack(then);
    };
    for (const step of list) {
      // Of a store put back while the mirror did not open, what both have may be older; what is there must not be less.
      let older = false;
      switch (step.do) {
        case 'put': await write(step); break;
        case 'delete':
          await (step.by ? other : db).write([step.store], (tx) => tx.objectStore(step.store).delete(IDBKeyRange.only(step.key)));
          model[step.store].delete(step.key);
          break;
        case 'clear':
          await db.write([step.store], (tx) => tx.objectStore(step.store).clear());
          model[step.store].clear();
          break;
        case 'put at once':
          // Each key once: which of two writes at the same moment is the later nobody can say.
          await Promise.all([...new Map(step.puts.map((each) => [each.store + each.key, each])).values()].map(write));
          break;
        case 'lose first': indexedDB = new IDBFactory(); start(); break;
        case 'lose second': second = new IDBFactory(); start(); break;
        case 'roll first back': await rollBack(); start(); break;
        case 'die between the two':
        case 'one leaves':
          failing(() => second);
          await write({ store: 'facts', key: 'a', by: 0 });
          vi.restoreAllMocks();
          if (step.do === 'one leaves') for (const each of step.puts) await write(each);
          start();
          break;
        case 'alone':
          if (step.first === 'lost') indexedDB = new IDBFactory();
          if (step.first === 'rolled back') await rollBack();
          older = step.first === 'rolled back';
          shut = true;
          start();
          for (const each of step.puts) await write(each);
          shut = false;
          start();
      }
      // A fault and a second one without a start between them would be two disks lost at once.
      const now = await held();
      const found = {
        facts: new Map((now['facts'] as { key: string; value: number }[]).map(({ key, value }) => [key, value])),
        notes: new Map((now['notes'] as { id: string; text: number }[]).map(({ id, text }) => [id, text])),
        photo_bytes: new Map((now['photo_bytes'] as { photo_id: string; bytes: ArrayBuffer }[]).map(({ photo_id, bytes }) => [photo_id, bytes.byteLength])),
      };
      if (older) {
        for (const store of STORES) expect([...found[store].keys()]).toEqual(expect.arrayContaining([...model[store].keys()]));
        for (const { store, key } of step.do === 'alone' ? step.puts : []) expect(found[store].get(key)).toBe(model[store].get(key));
        Object.assign(model, found);
      }
      expect(found).toEqual(model);
      earlier.push(await imageOf(indexedDB));
    }
  }), { numRuns: 150 });
}, 60_000);
