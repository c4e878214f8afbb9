import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beginNewLog, storesInLevelDb } from '../../src/db/new-log';

beforeEach(() => { indexedDB = new IDBFactory(); });

afterEach(() => { vi.unstubAllGlobals(); });

test('more than a log holds is written, strictly, and nothing of it stays', async () => {
  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  const begin = vi.spyOn(IDBDatabase.prototype, 'transaction');

  await beginNewLog();

  const bytes = put.mock.calls.reduce((sum, [value]) => sum + (value as Uint8Array).byteLength, 0);
  expect(bytes).toBeGreaterThan(4 * 1024 * 1024);
  const asked = begin.mock.calls.flatMap((call) => (call[2] === undefined ? [] : [call[2]]));
  expect(asked.map((options) => options.durability)).toEqual(['strict', 'strict']);
  const db = await new Promise<IDBDatabase>((done) => {
    const opening = indexedDB.open('yanshou-log');
    opening.onsuccess = () => { done(opening.result); };
  });
  const left = await new Promise<number>((done) => {
    const counting = db.transaction('filler').objectStore('filler').count();
    counting.onsuccess = () => { done(counting.result); };
  });
  expect(left).toBe(0);
});

test('the mirror, whose bucket has a log of its own, gets a new one too', async () => {
  const bucket = new IDBFactory();
  vi.stubGlobal('navigator', { locks: {}, storageBuckets: { open: () => Promise.resolve({ indexedDB: bucket }) } });

  await beginNewLog();

  const begun = await Promise.all([indexedDB, bucket].map((factory) => factory.databases()));
  expect(begun.map((found) => found.map(({ name }) => name))).toEqual([['yanshou-log'], ['yanshou-log']]);
});

test.each([
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36', true],
  ['Mozilla/5.0 (Linux; Android 12; V2 wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/110.0.0.0 Mobile Safari/537.36', true],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1', false],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.0.0 Mobile/15E148 Safari/604.1', false],
  ['Mozilla/5.0 (Android 13; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0', false],
])('only browsers of Chromium keep their store so: %s', (agent, expected) => {
  expect(storesInLevelDb(agent)).toBe(expected);
});
