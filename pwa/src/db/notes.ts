/** The notes as stored: written whole, never removed. */

import type { Note } from '../outbox/note';
import type { AccountDb } from './schema';

export async function allNotes(db: AccountDb): Promise<Note[]> {
  const notes = await db.all('notes');
  return notes.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
}

export async function putNote(db: AccountDb, note: Note): Promise<void> {
  await db.write(['notes'], (tx) => tx.objectStore('notes').put(note));
}
