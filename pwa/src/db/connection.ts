/**
 * One IndexedDB database that survives what browsers do to it.
 *
 * Every write transaction is strict and awaited to its end: a relaxed one is acknowledged before it reaches the disk,
 * and a power cut then takes the photo although the key stays. Browsers close connections under memory pressure, even
 * in the middle of a transaction: it is then done again, once, on a new connection. What still fails is told.
 */

import { wrap, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';

export type Upgrade<S extends DBSchema> = (
  db: IDBPDatabase<S>,
  oldVersion: number,
) => void;

/** full: no space left; newer: another tab runs a newer version of the app; broken: anything else. */
export type StorageTrouble = 'full' | 'newer' | 'broken';

/** Called with the trouble of a transaction that failed for good, and with null when one has gone well again. */
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

  constructor(
    protected readonly name: string,
    private readonly version: number,
    private readonly upgrade: Upgrade<S>,
    private readonly onStorage: OnStorage = () => undefined,
    private readonly factory: IDBFactory | null = null,
  ) {}

  #open(): Promise<IDBPDatabase<S>> {
    this.#db ??= this.#begin().catch((error: unknown) => {
      this.#db = undefined;
      throw error;
    });
    return this.#db;
  }

  async #begin(): Promise<IDBPDatabase<S>> {
    const opening = (this.factory ?? indexedDB).open(this.name, this.version);
    opening.addEventListener('upgradeneeded', ({ oldVersion }) => {
      this.upgrade(wrap(opening.result) as unknown as IDBPDatabase<S>, oldVersion);
    });
    const db = (await wrap(opening)) as unknown as IDBPDatabase<S>;
    db.addEventListener('close', () => { this.#db = undefined; });
    // A newer page wants to upgrade: give way, the next call here opens again.
    db.addEventListener('versionchange', () => { this.close(); });
    await this.opened?.(db);
    return db;
  }

  /** Called with each connection before anything is read or written over it. */
  protected opened?(db: IDBPDatabase<S>): Promise<void>;

  /** Work with the database as the browser gives it; `run` may be called a second time, with a new connection. */
  async use<T>(run: (db: IDBPDatabase<S>) => Promise<T>): Promise<T> {
    try {
      let result: T;
      try {
        result = await run(await this.#open());
      } catch (error) {
        if (!LOST.includes(nameOf(error))) throw error;
        this.#db = undefined;
        result = await run(await this.#open());
      }
      this.onStorage(null);
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
   * Resolves when the transaction is complete on disk; on an error in `work` nothing of it is kept.
   *
   * `work` may run a second time, from the beginning, when the connection was lost under the first.
   */
  async write<N extends StoreNames<S>, T>(
    stores: N[],
    work: (tx: IDBPTransaction<S, N[], 'readwrite'>) => Promise<T>,
  ): Promise<T> {
    return this.use((db) => this.transact(db, stores, work));
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

  close(): void {
    void this.#db?.then((db) => { db.close(); }, () => undefined);
    this.#db = undefined;
  }
}
