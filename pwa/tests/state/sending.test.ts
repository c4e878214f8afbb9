import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import { changeItem } from '../../src/db/outbox';
import { openAccount } from '../../src/db/schema';
import { Sending, type Surroundings } from '../../src/state/sending';
import { itemWithPhotos } from '../outbox/server';

afterEach(() => { vi.unstubAllGlobals(); });

test('what another tab or a woken worker has sent is shown here, though this tab had nothing to do with it', async () => {
  vi.stubGlobal('navigator', { locks: { request: (_name: string, _options: unknown, work: (lock: object) => unknown) => work({}) } });
  const { item } = await itemWithPhotos();
  const elsewhere = openAccount('u1');
  await elsewhere.write(['outbox'], (tx) => tx.objectStore('outbox').put(item));
  const here = new Sending('u1', { mustSignInAgain: () => true, speaksFor: () => false } as unknown as Surroundings);
  await here.load();
  await changeItem(elsewhere, item.submission_id, { state: 'received' });

  await here.send();
  here.close();

  expect(here.items.map(({ state }) => state)).toEqual(['received']);
});
