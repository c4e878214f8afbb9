import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import type { Api } from '../../src/api';
import { putNote } from '../../src/db/notes';
import { changeItem } from '../../src/db/outbox';
import { openAccount } from '../../src/db/schema';
import { newNote } from '../../src/outbox/note';
import { Sending, type Surroundings } from '../../src/state/sending';
import { FakeServer, itemWithPhotos, newKey } from '../outbox/server';

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

test.each([
  ['nothing of the submission', false],
  ['all of the submission but its receipt', true],
])('a full phone with an unsent note still sends when the server has %s', async (_name, held) => {
  vi.stubGlobal('navigator', {});
  const { item, stored } = await itemWithPhotos(0, 's1');
  const db = openAccount(`u2 ${held}`);
  await db.write(['outbox'], (tx) => tx.objectStore('outbox').put(item));
  const attempt = { task_id: 't', plot_id: 'other', kind: 'absent', reason: '', attempted_at: '', clock_offset_ms: null, position: null } as const;
  await putNote(db, newNote({ kind: 'attempt', attempt }, 'n1', 'other', new ArrayBuffer(2), '2026-03-02T00:00:00Z'));
  for (const [photo_id, bytes] of stored) {
    await db.write(['photo_bytes'], (tx) => tx.objectStore('photo_bytes').put({ photo_id, bytes }));
  }
  const server = new FakeServer(item, await newKey(), stored);
  server.backup_watermark = 3;
  if (held) {
    server.manifest = item.manifest;
    for (const { sha256 } of item.photos) server.photos.add(sha256);
    await changeItem(db, 's1', { data_held: true, photos_held: [...server.photos] });
  }
  const api = {
    putManifest: server.putManifest.bind(server), putPhoto: server.putPhoto.bind(server), status: server.status.bind(server),
    uploadState: server.uploadState.bind(server), patchPhoto: server.patchPhoto.bind(server),
    putNote: () => Promise.resolve({ status: 503, body: null, etag: null }),
    putDeviceLedger: () => Promise.resolve({ status: 503, body: null, etag: null }),
  } as unknown as Api;
  const here = new Sending(`u2 ${held}`, {
    api, mustSignInAgain: () => false, speaksFor: () => true, receiptKeys: () => server.keys, device_id: () => 'd',
  } as unknown as Surroundings);
  await here.load();
  vi.spyOn(here.db, 'write').mockRejectedValue(new DOMException('full', 'QuotaExceededError'));

  await here.send(true);
  here.close();

  expect(server.photos.size).toBe(3);
  expect(here.items.map(({ state }) => state)).toEqual(['received']);
  expect(here.backup_watermark).toBe(held ? 3 : null);
  expect(here.notes.all.map(({ attempt_count }) => attempt_count)).toEqual([1]);
});
