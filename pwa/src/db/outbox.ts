/** The outbox as stored. An item is only ever changed here, in one strict transaction. */

import type { OutboxItem } from '../outbox/item';
import type { AccountDb } from './schema';

export async function allItems(db: AccountDb): Promise<OutboxItem[]> {
  const items = await db.all('outbox');
  return items.sort((a, b) => (a.finished_at < b.finished_at ? -1 : 1));
}

/** Change an item; gives the stored value. The frozen manifest and its digest stay what they are. */
export async function changeItem(
  db: AccountDb,
  submission_id: string,
  change: Partial<Omit<OutboxItem, 'submission_id' | 'manifest' | 'content_sha256' | 'photos'>>,
): Promise<OutboxItem> {
  return db.write(['outbox'], async (tx) => {
    const store = tx.objectStore('outbox');
    const old = await store.get(submission_id);
    if (!old) throw new RangeError(`no outbox item ${submission_id}`);
    const item = { ...old, ...change };
    await store.put(item);
    return item;
  });
}
