import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { StorageTrouble } from '../../src/db/connection';
import { openAccount, type AccountDb } from '../../src/db/schema';

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

/** Shared or alone, in the order asked for, as Web Locks are. */
class Locks {
  #holders = 0;
  #alone = false;
  readonly #waiting: { mode: string; start: () => void }[] = [];

  async request<T>(_name: string, { mode }: { mode: string }, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ mode, start });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#holders -= 1;
      this.#alone = false;
      this.#next();
    }
  }

  #next(): void {
    const [first] = this.#waiting;
    if (!first || this.#alone || (first.mode === 'exclusive' && this.#holders > 0)) return;
    this.#waiting.shift();
    this.#holders += 1;
    this.#alone = first.mode === 'exclusive';
    first.start();
    this.#next();
  }
}

beforeEach(() => {
  indexedDB = new IDBFactory();
  second = new IDBFactory();
  [quota, usage, refilled, told] = [10_000_000_000, 1_000_000, 0, []];
  vi.stubGlobal('navigator', {
    locks: new Locks(),
    storage: { estimate: () => Promise.resolve({ quota, usage }) },
    storageBuckets: {
      open: () => (second ? Promise.resolve({ indexedDB: second }) : Promise.reject(new DOMException('no', 'UnknownError'))),
      delete: () => { second = null; return Promise.resolve(); },
    },
  });
  start();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The app is started: what it knew is gone, what is stored is there. */
function start(): void {
  db = openAccount('u1', (trouble) => told.push(trouble), () => { refilled += 1; });
}

const put = (store: Store, key: string, size = 1) => {
  const value = {
    facts: { key, value: size }, notes: { id: key, text: size }, photo_bytes: { photo_id: key, bytes: new ArrayBuffer(size) },
  }[store];
  return db.write([store], (tx) => tx.objectStore(store).put(value as never));
};

async function held(factory: IDBFactory | null = null): Promise<Held> {
  if (!factory) {
    return Object.fromEntries(await Promise.all(
      STORES.map(async (store) => [store, await db.read([store], (tx) => tx.objectStore(store).getAll())] as const),
    ));
  }
  const opened = await new Promise<IDBDatabase>((done, fail) => {
    const opening = factory.open(NAME);
    opening.onsuccess = () => { done(opening.result); };
    opening.onerror = () => { fail(new Error('not opened')); };
  });
  const found: Held = {};
  for (const store of [...STORES, 'writes']) {
    found[store] = await new Promise((done) => {
      const asked = opened.transaction(store).objectStore(store).getAll();
      asked.onsuccess = () => { done(asked.result as unknown[]); };
    });
  }
  opened.close();
  return found;
}

/** What a database held earlier, in a new one: the end of its log was not to be read. */
async function rolledBack(earlier: Held): Promise<IDBFactory> {
  const factory = new IDBFactory();
  const now = indexedDB;
  indexedDB = factory;
  const kept = second;
  second = null;
  const alone = openAccount('u1');
  await alone.read(['facts'], (tx) => tx.objectStore('facts').getAll());
  alone.close();
  [indexedDB, second] = [now, kept];
  const opened = await new Promise<IDBDatabase>((done) => {
    const opening = factory.open(NAME);
    opening.onsuccess = () => { done(opening.result); };
  });
  const tx = opened.transaction(Object.keys(earlier), 'readwrite');
  for (const [store, values] of Object.entries(earlier)) {
    for (const value of values) tx.objectStore(store).put(value, store === 'writes' ? 'last' : undefined);
  }
  await new Promise((done) => { tx.oncomplete = done; });
  opened.close();
  return factory;
}

/** Nothing can be written to this database, until the mocks are restored. */
function failing(factory: () => IDBFactory | null, name = 'UnknownError'): void {
  const begin = Reflect.get(IDBDatabase.prototype, 'transaction') as (this: IDBDatabase, ...what: unknown[]) => IDBTransaction;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...what) {
    const raw = (this as unknown as { _rawDatabase: unknown })._rawDatabase;
    const mine = [...(factory() as unknown as { _databases: Map<string, unknown> })._databases.values()];
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

const steps = fc.array(fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), store: fc.constantFrom(...STORES), key: fc.constantFrom('a', 'b', 'c', 'd') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), store: fc.constantFrom(...STORES), key: fc.constantFrom('a', 'b', 'c', 'd') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), store: fc.constantFrom('facts' as const, 'notes' as const) }) },
  fc.record({ do: fc.constantFrom('lose first' as const, 'lose second' as const, 'roll first back' as const, 'die between the two' as const) }),
), { maxLength: 30 });

test('whatever one of the two loses, what was acknowledged is there', async () => {
  let serial = 0;
  await fc.assert(fc.asyncProperty(steps, async (list) => {
    indexedDB = new IDBFactory();
    second = new IDBFactory();
    start();
    const model: Record<Store, Map<string, unknown>> = { facts: new Map(), notes: new Map(), photo_bytes: new Map() };
    const earlier: Held[] = [];
    for (const step of list) {
      switch (step.do) {
        case 'put': {
          // The bytes of a photo never change.
          const size = step.store === 'photo_bytes' ? step.key.charCodeAt(0) : (serial += 1);
          await put(step.store, step.key, size);
          model[step.store].set(step.key, size);
          earlier.push(await held(indexedDB));
          break;
        }
        case 'delete':
          await db.write([step.store], (tx) => tx.objectStore(step.store).delete(IDBKeyRange.only(step.key)));
          model[step.store].delete(step.key);
          break;
        case 'clear':
          await db.write([step.store], (tx) => tx.objectStore(step.store).clear());
          model[step.store].clear();
          break;
        case 'lose first': indexedDB = new IDBFactory(); start(); break;
        case 'lose second': second = new IDBFactory(); start(); break;
        case 'roll first back': {
          const then = earlier[Math.floor(earlier.length / 2)];
          if (then) indexedDB = await rolledBack(then);
          start();
          break;
        }
        case 'die between the two':
          failing(() => second);
          await put('facts', 'a', (serial += 1));
          model.facts.set('a', serial);
          vi.restoreAllMocks();
          start();
      }
      // A fault and a second one without a start between them would be two disks lost at once.
      const now = await held();
      for (const store of STORES) expect(now[store]).toHaveLength(model[store].size);
      expect(new Map((now['facts'] as { key: string; value: number }[]).map(({ key, value }) => [key, value]))).toEqual(model.facts);
    }
  }), { numRuns: 150 });
});
