/**
 * Small pictures of earlier visits. A copy of what the server holds, and so a database of its own: it may be thrown away
 * at any time, and nothing that goes wrong with it touches what must not be lost.
 */

import type { DBSchema } from 'idb';
import { Connection } from './connection';

interface PreviewSchema extends DBSchema {
  previews: { key: string; value: { sha256: string; bytes: ArrayBuffer } };
}

export type PreviewDb = Connection<PreviewSchema>;

export function openPreviews(user_id: string): PreviewDb {
  return new Connection<PreviewSchema>(`yanshou-previews-${user_id}`, 1, (db) => {
    db.createObjectStore('previews', { keyPath: 'sha256' });
  });
}

export async function knownPreviews(db: PreviewDb): Promise<string[]> {
  return db.read(['previews'], (tx) => tx.objectStore('previews').getAllKeys());
}

export async function previewBytes(db: PreviewDb, sha256: string): Promise<ArrayBuffer | null> {
  return (await db.read(['previews'], (tx) => tx.objectStore('previews').get(sha256)))?.bytes ?? null;
}

export async function putPreview(db: PreviewDb, sha256: string, bytes: ArrayBuffer): Promise<void> {
  await db.write(['previews'], (tx) => tx.objectStore('previews').put({ sha256, bytes }));
}

export async function dropPreviews(db: PreviewDb, hashes: readonly string[]): Promise<void> {
  if (hashes.length === 0) return;
  await db.write(['previews'], async (tx) => {
    for (const sha256 of hashes) await tx.objectStore('previews').delete(sha256);
  });
}
