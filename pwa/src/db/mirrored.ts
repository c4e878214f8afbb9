/**
 * A database with a mirror (镜像) in a storage bucket: the second copy, apart from the first on the disk.
 *
 * Each write goes into both, one after the other, and is acknowledged when both have it. Writes are numbered: when a
 * database is opened, the number tells which of the two lacks something, and the other makes it whole again. A mirror
 * that fails holds nothing up: the first copy goes on alone, notes since when, and a while later the two are compared
 * anew. A mirror holds the writes up to its number and nothing of a later one.
 */

import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreKey, StoreNames, StoreValue } from 'idb';
import { bucketFactory, doubtful, dropBucket, hasBuckets, roomForMirror } from './bucket';
import { causeOf, Connection, troubleOf, type OnStorage, type Upgrade } from './connection';

/**
 * Holds the number of the last write; the stretches the first copy went alone; and the ids of those that have come into
 * the mirror since: a first copy put back to such a stretch is older than the mirror, not another branch of the work.
 */
const WRITES = 'writes';
const LAST = 'last';
const ALONE = 'alone';
const TAKEN = 'taken';
/** More than that can only follow one another without a mirror to be compared with. */
const STRETCHES = 50;
/** A mirror that takes longer has failed. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 60_000;
/** Values that are written once: what is there needs no second writing. They are also large. */
const UNCHANGING: readonly string[] = ['photo_bytes', 'photo_thumbs'];
const LARGE_AT_ONCE = 10;
const SMALL_AT_ONCE = 500;

/** A call of a transaction that changed something, to be done again on the mirror. */
interface Change {
  store: string;
  method: 'put' | 'delete' | 'clear';
  args: unknown[];
}

// The stores' own types say nothing here: whatever the schema, the same is done to both.
type Plain = IDBPDatabase;
type PlainTx = IDBPTransaction<unknown, string[], 'readwrite'>;
type PlainStore = ReturnType<PlainTx['objectStore']>;

/** A larger schema: with the number of the last write. Data of before the mirror has the number 1. */
function numbered<S extends DBSchema>(upgrade: Upgrade<S>): Upgrade<S> {
  return (db, oldVersion) => {
    upgrade(db, oldVersion);
    const plain = db as unknown as Plain;
    if (plain.objectStoreNames.contains(WRITES)) return;
    const store = plain.createObjectStore(WRITES);
    if (oldVersion > 0) void store.put(1, LAST);
  };
}

interface Marks {
  get(key: string): Promise<unknown>;
}

async function lastIn(writes: Marks): Promise<number> {
  return ((await writes.get(LAST)) as number | undefined) ?? 0;
}

/** Writes after the number `since` that the mirror was not asked for, by one page. */
interface Stretch {
  since: number;
  id: string;
}

async function aloneIn(writes: Marks): Promise<Stretch[]> {
  return ((await writes.get(ALONE)) as Stretch[] | undefined) ?? [];
}

async function marksOf(db: Plain): Promise<{ last: number; alone: Stretch[]; taken: string[] }> {
  const writes = db.transaction(WRITES).store;
  const [last, alone, taken] = await Promise.all([lastIn(writes), aloneIn(writes), writes.get(TAKEN) as Promise<string[] | undefined>]);
  return { last, alone, taken: [...(taken ?? []), ...alone.map(({ id }) => id)].slice(-2 * STRETCHES) };
}

function within<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => { fail(new DOMException('the mirror does not answer', 'TimeoutError')); }, PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => { clearTimeout(timer); });
}

/** The same transaction, which notes what is changed in it. */
function noting(tx: PlainTx, changes: Change[]): PlainTx {
  const bound = (target: object, name: string | symbol) => {
    const value: unknown = Reflect.get(target, name);
    return typeof value === 'function' ? (value.bind(target) as unknown) : value;
  };
  const store = (name: string) => new Proxy(tx.objectStore(name), {
    get: (target, method) => {
      const call = bound(target, method);
      if (method !== 'put' && method !== 'add' && method !== 'delete' && method !== 'clear') return call;
      return (...args: unknown[]) => {
        changes.push({ store: name, method: method === 'add' ? 'put' : method, args });
        return (call as (...args: unknown[]) => unknown)(...args);
      };
    },
  });
  return new Proxy(tx, { get: (target, name) => (name === 'objectStore' ? store : bound(target, name)) });
}

async function change(db: Plain, store: string, work: (store: PlainStore) => Promise<unknown>): Promise<void> {
  const tx = db.transaction([store], 'readwrite', { durability: 'strict' });
  try {
    await Promise.all([work(tx.objectStore(store)), tx.done]);
  } catch (error) {
    throw causeOf(tx, error);
  }
}

async function transfer(from: Plain, to: Plain, store: string, keys: readonly IDBValidKey[]): Promise<void> {
  const at_once = UNCHANGING.includes(store) ? LARGE_AT_ONCE : SMALL_AT_ONCE;
  for (let at = 0; at < keys.length; at += at_once) {
    const read = from.transaction(store);
    const values = await Promise.all(keys.slice(at, at + at_once).map((key) => read.store.get(key) as Promise<unknown>));
    await change(to, store, (into) => Promise.all(values.map((value) => into.put(value))));
  }
}

const storesOf = (db: Plain) => [...db.objectStoreNames].filter((store) => store !== WRITES);

/** Make `to` hold what `from` holds; until the end its number says that it does not. */
async function copy(from: Plain, to: Plain): Promise<void> {
  const marks = await marksOf(from);
  for (const store of storesOf(from)) {
    let keys = await from.getAllKeys(store);
    if (UNCHANGING.includes(store)) {
      const there = new Set(await to.getAllKeys(store));
      const wanted = new Set(keys);
      await change(to, store, (into) => Promise.all([...there].filter((key) => !wanted.has(key)).map((key) => into.delete(key))));
      keys = keys.filter((key) => !there.has(key));
    } else {
      await change(to, store, (into) => into.clear());
    }
    await transfer(from, to, store, keys);
  }
  await settle(to, marks);
}

/** Say in a copy that it holds all that was written up to a number, alone or not. */
function settle(db: Plain, { last, taken }: { last: number; taken: string[] }): Promise<void> {
  return change(db, WRITES, (writes) => Promise.all([writes.put(last, LAST), writes.put(taken, TAKEN), writes.delete(ALONE)]));
}

/** The captures of which `from` has the later state: what was finished is not opened again, a higher revision is later. */
async function laterIn(from: Plain, to: Plain): Promise<Set<IDBValidKey>> {
  if (!from.objectStoreNames.contains('captures')) return new Set();
  const read = (db: Plain) => db.getAll('captures') as Promise<{ id: string; revision: number; finished_at: string | null }[]>;
  const mine = new Map((await read(to)).map((capture) => [capture.id, capture]));
  const height = (capture?: { revision: number; finished_at: string | null }) =>
    (capture ? capture.revision + (capture.finished_at === null ? 0 : Infinity) : -1);
  return new Set((await read(from)).filter((its) => height(its) > height(mine.get(its.id))).map(({ id }) => id));
}

/**
 * Add to `to` what it lacks of what `from` holds; both have gone on, each without the other. A capture and its walk stay
 * those of one of the two, for points of both are no ring; of anything else that both have the one in `to` stays, with
 * which the inspector worked last.
 */
async function merge(from: Plain, to: Plain): Promise<void> {
  const later = await laterIn(from, to);
  const groupOf = (key: IDBValidKey) => (Array.isArray(key) ? JSON.stringify(key.slice(0, 2)) : key);
  const captureOf = (store: string, key: IDBValidKey) => (Array.isArray(key) ? key[0] : store === 'captures' && key) as IDBValidKey;
  for (const store of storesOf(from)) {
    const there = new Set((await to.getAllKeys(store)).map(groupOf));
    const keys = await from.getAllKeys(store);
    await transfer(from, to, store, keys.filter((key) => !there.has(groupOf(key)) || later.has(captureOf(store, key))));
  }
}

export class MirroredConnection<S extends DBSchema> extends Connection<S> {
  readonly #inBucket: (factory: IDBFactory) => Connection<S>;
  /** Null where the browser has no buckets, until the two were compared, and once the mirror has failed. */
  #mirror: Connection<S> | null = null;
  #left = false;
  #stretch = '';
  #retry_at_ms = Infinity;

  constructor(
    name: string, version: number, upgrade: Upgrade<S>, onStorage?: OnStorage,
    /** Called when the first copy had lost something and has it again. */
    private readonly onRefilled: () => void = () => undefined,
  ) {
    super(name, version, numbered(upgrade), onStorage);
    this.#inBucket = (factory) => new Connection<S>(name, version, numbered(upgrade), undefined, factory);
  }

  #leave(retry_ms: number): void {
    this.#mirror?.close();
    this.#mirror = null;
    this.#left = true;
    this.#retry_at_ms = performance.now() + retry_ms;
  }

  /** One at a time over all tabs: a write in both copies, or their comparison. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return hasBuckets() ? navigator.locks.request(`yanshou-mirror-${this.name}`, work) : work();
  }

  override use<T>(run: (db: IDBPDatabase<S>) => Promise<T>, writes?: boolean): Promise<T> {
    if (this.#left && performance.now() >= this.#retry_at_ms) {
      // Opened again, the two are compared before anything else is done.
      this.#left = false;
      this.close();
    }
    return super.use(run, writes);
  }

  protected override async opened(db: IDBPDatabase<S>): Promise<void> {
    if (!hasBuckets()) return;
    doubtful.add(this.name);
    if (this.#left) return;
    const factory = await bucketFactory();
    const mirror = this.#mirror ?? (factory && this.#inBucket(factory));
    const retry_ms = mirror ? await this.#alone(() => this.#compare(db as unknown as Plain, mirror)) : RETRY_MS;
    if (retry_ms === null) this.#mirror = mirror;
    else this.#leave(retry_ms);
  }

  /** Make the two alike. Null when they are; else in what time to try again. */
  async #compare(first: Plain, mirror: Connection<S>): Promise<number | null> {
    let lacking = false as boolean;
    const whole = () => {
      doubtful.delete(this.name);
      if (lacking) this.onRefilled();
      lacking = false;
    };
    try {
      const its = await within(mirror.use((second) => marksOf(second as unknown as Plain)));
      const mine = await marksOf(first);
      // Both went on, each without the other.
      const forked = mine.alone.some(({ since, id }) => its.last > since && !its.taken.includes(id));
      lacking = forked || its.last > mine.last;
      if (!lacking) whole();
      if (mine.alone.length === 0 && its.last === mine.last) return null;
      if (its.last === 0 && !(await roomForMirror())) {
        mirror.close();
        return RETRY_MS;
      }
      await mirror.use(async (opened) => {
        const second = opened as unknown as Plain;
        if (forked) {
          await merge(second, first);
          const last = Math.max(mine.last, its.last) + 1;
          await change(first, WRITES, (writes) => Promise.all([writes.put(last, LAST), writes.put([...its.taken, ...mine.taken], TAKEN)]));
        } else if (lacking) {
          await copy(second, first);
        }
        whole();
        const now = await marksOf(first);
        if ((await marksOf(second)).last !== now.last) await copy(first, second);
        await settle(first, now);
      });
      return null;
    } catch (error) {
      mirror.close();
      // Without what it lacks the first copy is not the inspector's work: better none than that one.
      if (lacking) throw error;
      return this.#failed(error);
    }
  }

  /** One copy in safety is more than two that do not fit: the mirror goes first, and comes back at the next start. */
  async #failed(error: unknown): Promise<number> {
    if (troubleOf(error) !== 'full') return RETRY_MS;
    await dropBucket();
    return Infinity;
  }

  protected override async transact<N extends StoreNames<S>, T>(
    db: IDBPDatabase<S>,
    stores: N[],
    work: (tx: IDBPTransaction<S, N[], 'readwrite'>) => Promise<T>,
  ): Promise<T> {
    const changes: Change[] = [];
    let number = 0;
    const inFirst = () => super.transact(db, [...stores, WRITES as N], async (tx) => {
      const all = tx as unknown as PlainTx;
      changes.length = 0;
      const result = await work(noting(all, changes) as unknown as typeof tx);
      if (changes.length > 0) {
        const writes = all.objectStore(WRITES);
        number = (await lastIn(writes)) + 1;
        if (!this.#mirror && hasBuckets()) await this.#noteAlone(writes, number - 1);
        await writes.put(number, LAST);
      }
      return result;
    });
    return this.#alone(async () => {
      const result = await inFirst().catch(async (error: unknown) => {
        if (troubleOf(error) !== 'full' || !(await dropBucket())) throw error;
        this.#leave(Infinity);
        return inFirst();
      });
      if (changes.length > 0) await this.#again(stores, changes, number);
      return result;
    });
  }

  async #noteAlone(writes: Marks & { put(value: unknown, key: string): Promise<unknown> }, since: number): Promise<void> {
    const alone = await aloneIn(writes);
    if (alone.some(({ id }) => id === this.#stretch) || alone.length >= STRETCHES) return;
    this.#stretch = crypto.randomUUID();
    await writes.put([...alone, { since, id: this.#stretch }], ALONE);
  }

  /** The same in the mirror, unless it lacks an earlier write: what it holds then stays what it was at its number. */
  async #again(stores: StoreNames<S>[], changes: Change[], number: number): Promise<void> {
    if (!this.#mirror) return;
    try {
      await within(this.#mirror.write([...stores, WRITES as StoreNames<S>], async (tx) => {
        const plain = tx as unknown as PlainTx;
        const numbers = plain.objectStore(WRITES);
        const asked = lastIn(numbers);
        const done = Promise.all([
          ...changes.map(({ store, method, args }) => (plain.objectStore(store)[method] as (...args: unknown[]) => Promise<unknown>)(...args)),
          numbers.put(number, LAST),
        ]);
        done.catch(() => undefined);
        const last = await asked;
        // Its own number: done already, and the answer was lost with the connection.
        if (last !== number - 1 && last !== number) throw new RangeError('the mirror lacks a write');
        await done;
      }));
    } catch (error) {
      this.#leave(await this.#failed(error));
    }
  }

  override async fromMirror<N extends StoreNames<S>>(store: N, key: StoreKey<S, N>): Promise<StoreValue<S, N> | undefined> {
    try {
      return await within(this.#mirror?.read([store], (tx) => tx.objectStore(store).get(key)) ?? Promise.resolve(undefined));
    } catch {
      return undefined;
    }
  }

  override close(): void {
    super.close();
    this.#mirror?.close();
  }
}
