/**
 * The storage bucket in which the phone keeps its mirrors.
 *
 * Chromium keeps the IndexedDB of a site in one LevelDB and throws all of it away when that is damaged; a bucket has a
 * LevelDB of its own. Other browsers know no buckets, keep IndexedDB in SQLite and need none.
 */

import { LEAST_FREE_BYTES } from '../device/space';

const NAME = 'mirror';

interface StorageBucket {
  readonly indexedDB: IDBFactory;
}

interface StorageBucketManager {
  open(name: string, options: { persisted: boolean; durability: 'strict' }): Promise<StorageBucket>;
  delete(name: string): Promise<void>;
}

function buckets(): StorageBucketManager | undefined {
  const { navigator } = globalThis as { navigator?: { locks?: LockManager; storageBuckets?: StorageBucketManager } };
  // Without locks over all tabs two copies cannot be kept alike.
  return navigator?.locks && navigator.storageBuckets;
}

/** Whether two copies can be kept here. */
export function hasBuckets(): boolean {
  return buckets() !== undefined;
}

/** Null where there is none, or the browser refuses. */
export async function bucketFactory(): Promise<IDBFactory | null> {
  try {
    return (await buckets()?.open(NAME, { persisted: true, durability: 'strict' }))?.indexedDB ?? null;
  } catch {
    return null;
  }
}

/** Whether all that is stored may be stored twice, and leave room for the work. */
export async function roomForMirror(): Promise<boolean> {
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  return quota - 2 * usage > LEAST_FREE_BYTES;
}

/** Databases of this page that may lack what their mirror has. */
export const doubtful = new Set<string>();

/**
 * Give the room of the bucket back; false where there is nothing to be had, or where it may hold what the first copies
 * have lost: of an account that is not signed in nobody has looked whether it has.
 */
export async function dropBucket(): Promise<boolean> {
  if (doubtful.size > 0) return false;
  try {
    const kept = (await (await bucketFactory())?.databases()) ?? [];
    const first = new Set((await indexedDB.databases()).map(({ name }) => name));
    if (kept.length === 0 || !kept.every(({ name }) => first.has(name))) return false;
    await buckets()?.delete(NAME);
    return true;
  } catch {
    return false;
  }
}
