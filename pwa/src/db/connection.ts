/**
 * One IndexedDB database that survives what browsers do to it.
 *
 * Every write transaction is strict and awaited to its end: a relaxed one is acknowledged before it reaches the disk,
 * and a power cut then takes the photo although the key stays. Browsers close connections under memory pressure, even
 * in the middle of a transaction: it is then done again, once, on a new connection. What still fails is told.
 */

import { wrap, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreKey, type StoreNames, type StoreValue } from 'idb';

export type Upgrade<S extends DBSchema> = (
  db: IDBPDatabase<S>,
  oldVersion: number,
) => void;

/** full: no space left; newer: another tab runs a newer version of the app; broken: anything else. */
export type StorageTrouble = 'full' | 'newer' | 'broken';

/** Called with the trouble of a transaction that failed for good, and with null when a write has gone well again. */
export type OnStorage = (trouble: StorageTrouble | null) => void;

const LOST: readonly string[] = ['InvalidStateError', 'AbortError', 'UnknownError'];

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}

/** What the store itself says went wrong; null for an error of the code that uses it. */
export function troubleOf(error: unknown): StorageTrouble | null {
  const name = nameOf(error);
  if (name === 'QuotaExceededError') return 'full';
  if (name === 'VersionError') return 'newer';
  return error instanceof DOMException || LOST.includes(name) ? 'broken' : null;
}

/**
 * Why a transaction failed. A store that is full aborts the transaction, and each request still open in it then says
 * no more than "aborted": the reason stands at the transaction alone.
 */
export function causeOf(tx: { readonly error: DOMException | null }, error: unknown): unknown {
  return nameOf(error) === 'AbortError' ? (tx.error ?? error) : error;
}

export class Connection<S extends DBSchema> {
  #db: Promise<IDBPDatabase<S>> | undefined;
  /** The trouble told is that the database did not open. */
  #shut = false;

  constructor(
    protected readonly name: string,
    private readonly version: number,
    private readonly upgrade: Upgrade<S>,
    private readonly onStorage: OnStorage = () => undefined,
    private readonly factory: IDBFactory | null = null,
  ) {}

  #open(): Promise<IDBPDatabase<S>> {
    if (this.#db) return this.#db;
    const opening = this.#begin(() => { if (this.#db === opening) this.#db = undefined; });
    this.#db = opening;
    opening.then(() => undefined, () => {
      this.#shut = true;
      if (this.#db === opening) this.#db = undefined;
    });
    return opening;
  }

  async #begin(gone: () => void): Promise<IDBPDatabase<S>> {
    const opening = (this.factory ?? indexedDB).open(this.name, this.version);
    opening.addEventListener('upgradeneeded', ({ oldVersion }) => {
      this.upgrade(wrap(opening.result) as unknown as IDBPDatabase<S>, oldVersion);
    });
    const db = (await wrap(opening)) as unknown as IDBPDatabase<S>;
    db.addEventListener('close', gone);
    // A newer page wants to upgrade: give way, the next call here opens again.
    db.addEventListener('versionchange', () => {
      db.close();
      gone();
    });
    try {
      await this.opened?.(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  }

  /** Called with each connection before anything is read or written over it. */
  protected opened?(db: IDBPDatabase<S>): Promise<void>;

  /** Work with the database as the browser gives it; `run` may be called a second time, with a new connection. */
  async use<T>(run: (db: IDBPDatabase<S>) => Promise<T>, writes = false): Promise<T> {
    try {
      let result: T;
      const opening = this.#open();
      try {
        result = await run(await opening);
      } catch (error) {
        if (!LOST.includes(nameOf(error))) throw error;
        // An old connection left open would keep a newer page from its upgrade.
        this.#close(opening);
        result = await run(await this.#open());
      }
      // That it can be read says nothing about what could not be written.
      if (writes || this.#shut) this.onStorage(null);
      this.#shut = false;
      return result;
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble) this.onStorage(trouble);
      throw error;
    }
  }

  async read<N extends StoreNames<S>, T>(
    stores: N[],
    work: (tx: IDBPTransaction<S, N[]>) => Promise<T>,
  ): Promise<T> {
    return this.use(async (db) => {
      const tx = db.transaction(stores, 'readonly');
      // Taken up here: when the work fails first, nobody else waits for it.
      tx.done.catch(() => undefined);
      const result = await work(tx);
      await tx.done;
      return result;
    });
  }

  /**
   * All of a store or a stretch of it, in the order of its keys. A record that cannot be read is told, and is that of
   * the mirror or left out: it hides no other.
   */
  async all<N extends StoreNames<S>>(store: N, range?: IDBKeyRange): Promise<StoreValue<S, N>[]> {
    try {
      return await this.read([store], (tx) => tx.objectStore(store).getAll(range));
    } catch {
      const keys = await this.read([store], (tx) => tx.objectStore(store).getAllKeys(range));
      const values: StoreValue<S, N>[] = [];
      for (const key of keys) {
        const value = await this.get(store, key).catch(() => undefined);
        if (value !== undefined) values.push(value);
      }
      return values;
    }
  }

  /** One record; where it cannot be read, that of the mirror, which is put back. */
  async get<N extends StoreNames<S>>(store: N, key: StoreKey<S, N>): Promise<StoreValue<S, N> | undefined> {
    try {
      return await this.read([store], (tx) => tx.objectStore(store).get(key));
    } catch (error) {
      const other = await this.fromMirror?.(store, key);
      if (other === undefined) throw error;
      await this.write([store], async (tx) => {
        // Taken out meanwhile, it stays out.
        if ((await tx.objectStore(store).getKey(key)) !== undefined) await tx.objectStore(store).put(other);
      }).catch(() => undefined);
      return other;
    }
  }

  /** What the mirror holds under a key; undefined where there is none, or it cannot be read. */
  fromMirror?<N extends StoreNames<S>>(store: N, key: StoreKey<S, N>): Promise<StoreValue<S, N> | undefined>;

  /**
   * Resolves when the transaction is complete on disk; on an error in `work` nothing of it is kept.
   *
   * `work` may run a second time, from the beginning, when the connection was lost under the first.
   */
  async write<N extends StoreNames<S>, T>(
    stores: N[],
    work: (tx: IDBPTransaction<S, N[], 'readwrite'>) => Promise<T>,
  ): Promise<T> {
    return this.use((db) => this.transact(db, stores, work), true);
  }

  protected async transact<N extends StoreNames<S>, T>(
    db: IDBPDatabase<S>,
    stores: N[],
    work: (tx: IDBPTransaction<S, N[], 'readwrite'>) => Promise<T>,
  ): Promise<T> {
    const tx = db.transaction(stores, 'readwrite', { durability: 'strict' });
    try {
      const result = await work(tx);
      await tx.done;
      return result;
    } catch (error) {
      const cause = causeOf(tx, error);
      tx.done.catch(() => undefined);
      try {
        tx.abort();
      } catch {
        // Already over.
      }
      throw cause;
    }
  }

  #close(opening: Promise<IDBPDatabase<S>> | undefined): void {
    void opening?.then((db) => { db.close(); }, () => undefined);
    if (this.#db === opening) this.#db = undefined;
  }

  close(): void {
    this.#close(this.#db);
  }
}
