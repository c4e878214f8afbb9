/**
 * A database with a mirror (镜像) in a storage bucket: the second copy, apart from the first on the disk.
 *
 * Each write goes into both, one after the other, and is acknowledged when both have it. Writes are numbered: when a
 * database is opened, the number tells which of the two lacks something, and the other makes it whole again. A mirror
 * that fails holds nothing up; it is made anew at the next start.
 */

import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { bucketFactory, dropBucket, roomForMirror } from './bucket';
import { Connection, troubleOf, type OnStorage, type Upgrade } from './connection';

/** Holds the number of the last write. */
const WRITES = 'writes';
const LAST = 'last';
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

async function lastIn(writes: { get(key: string): Promise<unknown> }): Promise<number> {
  return ((await writes.get(LAST)) as number | undefined) ?? 0;
}

function lastWrite(db: Plain): Promise<number> {
  return lastIn(db.transaction(WRITES).store);
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

/** Make `to` hold what `from` holds; until the end its number says that it does not. */
async function copy(from: Plain, to: Plain): Promise<void> {
  const last = await lastWrite(from);
  const write = async (store: string, work: (tx: PlainTx) => Promise<unknown>) => {
    const tx = to.transaction([store], 'readwrite', { durability: 'strict' });
    await Promise.all([work(tx), tx.done]);
  };
  for (const store of from.objectStoreNames) {
    if (store === WRITES) continue;
    const unchanging = UNCHANGING.includes(store);
    let keys = await from.getAllKeys(store);
    if (unchanging) {
      const there = new Set(await to.getAllKeys(store));
      const wanted = new Set(keys);
      await write(store, (tx) => Promise.all([...there].filter((key) => !wanted.has(key)).map((key) => tx.objectStore(store).delete(key))));
      keys = keys.filter((key) => !there.has(key));
    } else {
      await write(store, (tx) => tx.objectStore(store).clear());
    }
    const at_once = unchanging ? LARGE_AT_ONCE : SMALL_AT_ONCE;
    for (let at = 0; at < keys.length; at += at_once) {
      const read = from.transaction(store);
      const values = await Promise.all(keys.slice(at, at + at_once).map((key) => read.store.get(key) as Promise<unknown>));
      await write(store, (tx) => Promise.all(values.map((value) => tx.objectStore(store).put(value))));
    }
  }
  await write(WRITES, (tx) => tx.objectStore(WRITES).put(last, LAST));
}

export class MirroredConnection<S extends DBSchema> extends Connection<S> {
  readonly #inBucket: (factory: IDBFactory) => Connection<S>;
  #mirror: Promise<Connection<S> | null> | undefined;

  constructor(
    name: string, version: number, upgrade: Upgrade<S>, onStorage?: OnStorage,
    /** Called when the first copy had lost something and has it again. */
    private readonly onRefilled: () => void = () => undefined,
  ) {
    super(name, version, numbered(upgrade), onStorage);
    this.#inBucket = (factory) => new Connection<S>(name, version, numbered(upgrade), undefined, factory);
  }

  /** Null where the browser has no buckets, and from the moment on at which the mirror has failed. */
  #second(): Promise<Connection<S> | null> {
    this.#mirror ??= bucketFactory().then((factory) => factory && this.#inBucket(factory));
    return this.#mirror;
  }

  async #leave(): Promise<void> {
    (await this.#mirror)?.close();
    this.#mirror = Promise.resolve(null);
  }

  /** Many may write at once, but nobody while the two are compared. */
  #under<T>(mode: LockMode, work: () => Promise<T>): Promise<T> {
    return navigator.locks.request(`yanshou-mirror-${this.name}`, { mode }, work);
  }

  protected override async opened(db: IDBPDatabase<S>): Promise<void> {
    const second = await this.#second();
    if (second) await this.#under('exclusive', () => this.#compare(db as unknown as Plain, second));
  }

  async #compare(first: Plain, mirror: Connection<S>): Promise<void> {
    let lacking = false as boolean;
    try {
      await mirror.use(async (opened) => {
        const second = opened as unknown as Plain;
        const [mine, its] = [await lastWrite(first), await lastWrite(second)];
        if (mine === its) return;
        lacking = its > mine;
        if (lacking) await copy(second, first);
        else if (its > 0 || (await roomForMirror())) await copy(first, second);
        else await this.#leave();
      });
    } catch (error) {
      // Without what it lacks the first copy is not the inspector's work: better none than that one.
      if (lacking) throw error;
      await this.#leave();
    }
    if (lacking) this.onRefilled();
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
        number = (await lastIn(all.objectStore(WRITES))) + 1;
        await all.objectStore(WRITES).put(number, LAST);
      }
      return result;
    });
    if (!(await this.#second())) return inFirst();
    return this.#under('shared', async () => {
      const result = await inFirst().catch(async (error: unknown) => {
        if (troubleOf(error) !== 'full') throw error;
        // One copy in safety is more than two that do not fit.
        await this.#leave();
        await dropBucket();
        return inFirst();
      });
      if (changes.length > 0) await this.#again(stores, changes, number);
      return result;
    });
  }

  /** The mirror's number follows only without a gap: then the next start sees what it lacks. */
  async #again(stores: readonly unknown[], changes: Change[], number: number): Promise<void> {
    const second = await this.#second();
    try {
      await second?.use(async (opened) => {
        const tx = (opened as unknown as Plain).transaction([...stores, WRITES] as string[], 'readwrite', { durability: 'strict' });
        const all = changes.map(({ store, method, args }) => (tx.objectStore(store)[method] as (...args: unknown[]) => Promise<unknown>)(...args));
        const numbers = tx.objectStore(WRITES);
        if ((await lastIn(numbers)) === number - 1) all.push(numbers.put(number, LAST));
        await Promise.all([...all, tx.done]);
      });
    } catch {
      await this.#leave();
    }
  }

  override close(): void {
    super.close();
    void this.#mirror?.then((second) => second?.close());
  }
}
