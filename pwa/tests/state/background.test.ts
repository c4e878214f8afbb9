/** Sending without a page. */

import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import { DeviceStore } from '../../src/db/device';
import { allItems } from '../../src/db/outbox';
import { openAccount } from '../../src/db/schema';
import { sendInBackground } from '../../src/state/background';
import { itemWithPhotos } from '../outbox/server';

afterEach(() => { vi.unstubAllGlobals(); });

test('told to step aside, the worker breaks off at once, begins nothing more, and asks to be woken again', async () => {
  vi.stubGlobal('navigator', {});
  const db = openAccount('u1');
  for (const id of ['s1', 's2']) {
    const { item } = await itemWithPhotos(0, id);
    await db.write(['outbox'], (tx) => tx.objectStore('outbox').put(item));
  }
  await new DeviceStore().putSignedIn({
    token: 'a', expires_at: '', receipt_keys: [], sign_in_again: false,
    user: { id: 'u1', name: 'u1', display_name: 'u1', grants: [] },
  });
  const leaving = new AbortController();
  const asked: string[] = [];
  // Nobody answers, for minutes.
  vi.stubGlobal('fetch', (path: string, { signal }: RequestInit) => new Promise((_, reject) => {
    asked.push(path);
    signal?.addEventListener('abort', () => { reject(new DOMException('', 'AbortError')); });
    setTimeout(() => { leaving.abort(); });
  }));

  expect(await sendInBackground(leaving.signal)).toBe(false);
  expect(asked).toEqual(['/api/submissions/s1']);
  expect((await allItems(db)).map(({ state }) => state)).toEqual(['queued', 'queued']);
});
