/** Small facts of an account: what was chosen about sending, and what the server told. */

import type { AccountDb, Fact } from './schema';

type ValueOf<K extends Fact['key']> = Extract<Fact, { key: K }>['value'];

export async function fact<K extends Fact['key']>(db: AccountDb, key: K): Promise<ValueOf<K> | null> {
  const found = await db.read(['facts'], (tx) => tx.objectStore('facts').get(key));
  return (found?.value ?? null) as ValueOf<K> | null;
}

export async function putFact(db: AccountDb, value: Fact): Promise<void> {
  await db.write(['facts'], (tx) => tx.objectStore('facts').put(value));
}
