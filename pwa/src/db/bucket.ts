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

/** Give the room of the bucket back. */
export async function dropBucket(): Promise<void> {
  await buckets()?.delete(NAME).catch(() => undefined);
}
