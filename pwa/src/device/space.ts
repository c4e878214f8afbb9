/** How much room the browser gives the app. */

import { deleteDB, openDB } from 'idb';
import { troubleOf } from '../db/connection';

/** Below this no new capture begins: five photos of a good camera, twice over, and what the browser wants besides. */
export const LEAST_FREE_BYTES = 300_000_000;

/** Bytes left, or null where the browser does not say. */
export async function freeBytes(): Promise<number | null> {
  const storage = navigator.storage as StorageManager | undefined;
  if (!storage?.estimate) return null;
  try {
    const { quota, usage } = await storage.estimate();
    return quota === undefined ? null : Math.max(0, quota - (usage ?? 0));
  } catch {
    return null;
  }
}

const PROBE = 'yanshou-space-probe';
const PROBE_BYTES = 24_000_000;
const PIECE_BYTES = 4_000_000;

/**
 * Whether what a capture brings really fits: so much is written, and taken away again. Asking is not enough, since
 * browsers name a round figure instead of the room there is.
 */
export async function roomForCapture(): Promise<boolean> {
  const free = await freeBytes();
  if (free !== null && free < LEAST_FREE_BYTES) return false;
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; at < PIECE_BYTES; at += 65_536) crypto.getRandomValues(piece.subarray(at, at + 65_536));
  try {
    const db = await openDB<{ pieces: { key: number; value: ArrayBuffer } }>(PROBE, 1, {
      upgrade: (fresh) => { fresh.createObjectStore('pieces'); },
    });
    try {
      const tx = db.transaction('pieces', 'readwrite', { durability: 'strict' });
      const puts = [];
      for (let i = 0; i < PROBE_BYTES / PIECE_BYTES; i += 1) puts.push(tx.store.put(piece.buffer, i));
      await Promise.all([...puts, tx.done]);
    } finally {
      db.close();
      await deleteDB(PROBE);
    }
    return true;
  } catch (error) {
    // Any other trouble is told by the store that is really used.
    return troubleOf(error) !== 'full';
  }
}
