/** The copy of the ledger (台账) this account works from. */

import type { AccountDb, LedgerCopy } from './schema';

export async function ledgerCopy(db: AccountDb): Promise<LedgerCopy | null> {
  return (await db.read(['ledger'], (tx) => tx.objectStore('ledger').get('current'))) ?? null;
}

export async function putLedgerCopy(db: AccountDb, copy: Omit<LedgerCopy, 'key'>): Promise<void> {
  await db.write(['ledger'], (tx) => tx.objectStore('ledger').put({ ...copy, key: 'current' }));
}
