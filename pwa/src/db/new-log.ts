/**
 * A new log for the phone's store at each start.
 *
 * Chromium keeps IndexedDB in LevelDB. After a dead battery it goes on writing into the newest log, behind the record that
 * was cut in half, and at the next start reads nothing that stands behind such a record (google/leveldb#1287): what was
 * acknowledged since is gone, or the whole store. A log of more than 4 MB is closed for a new one and its contents become
 * a table. So as much is written at each start, and taken away again.
 */

import type { DBSchema } from 'idb';
import { bucketFactory } from './bucket';
import { Connection } from './connection';

const LOG_BYTES = 4_500_000;
// Larger values may be stored in files of their own.
const PIECE_BYTES = 60_000;

interface LogSchema extends DBSchema {
  filler: { key: number; value: Uint8Array };
}

export function storesInLevelDb(agent: string): boolean {
  return agent.includes('Chrome/');
}

/** Resolves when everything stored before stands where a second dead battery does not reach it, in both copies. */
export async function beginNewLog(): Promise<void> {
  await beginNewLogIn(indexedDB);
  const bucket = await bucketFactory();
  if (bucket) await beginNewLogIn(bucket);
}

async function beginNewLogIn(factory: IDBFactory): Promise<void> {
  const db = new Connection<LogSchema>('yanshou-log', 1, (created) => { created.createObjectStore('filler'); }, undefined, factory);
  try {
    await db.write(['filler'], async (tx) => {
      const piece = new Uint8Array(PIECE_BYTES);
      for (let at = 0; at < LOG_BYTES; at += PIECE_BYTES) await tx.objectStore('filler').put(piece, at);
    });
    // The log is found too long by the write that comes next.
    await db.write(['filler'], (tx) => tx.objectStore('filler').clear());
  } finally {
    db.close();
  }
}
