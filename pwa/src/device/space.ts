/** How much room the browser gives the app. */

import { dropBucket } from '../db/bucket';
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

/** Whether what a capture brings fits; where it does not, the mirror makes room. */
export async function roomForCapture(): Promise<boolean> {
  return (await fits()) || ((await dropBucket()) && fits());
}

/**
 * Whether it really fits: so much is written, and taken away again. Asking is not enough, since
 * browsers name a round figure instead of the room there is.
 *
 * Into a cache, though the capture goes into IndexedDB, and both have one allowance: Chromium's IndexedDB remembers
 * the room there was for half a minute, so it takes what no longer fits and refuses it later. The cache asks each time.
 */
async function fits(): Promise<boolean> {
  const free = await freeBytes();
  if (free !== null && free < LEAST_FREE_BYTES) return false;
  const store = globalThis.caches as CacheStorage | undefined;
  if (!store) return true;
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; at < PIECE_BYTES; at += 65_536) crypto.getRandomValues(piece.subarray(at, at + 65_536));
  const whole = new Blob(Array.from({ length: PROBE_BYTES / PIECE_BYTES }, () => piece));
  try {
    await (await store.open(PROBE)).put(`/m/${PROBE}`, new Response(whole));
    return true;
  } catch (error) {
    // Any other trouble is told by the store that is really used.
    return troubleOf(error) !== 'full';
  } finally {
    await store.delete(PROBE).catch(() => false);
  }
}
