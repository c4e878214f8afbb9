/**
 * The outbox as a machine: any row of answers, losses and kills, on a real (in-memory) IndexedDB. Whatever happens, no
 * item and no photo is lost, nothing is called received without a receipt, and once the way is free all of it arrives.
 */

import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import type { Answer } from '../../src/api';
import { photoBytes } from '../../src/db/captures';
import { allItems, changeItem } from '../../src/db/outbox';
import { allReleases, releaseItem } from '../../src/db/releases';
import { openAccount, type AccountDb } from '../../src/db/schema';
import { sha256Hex } from '../../src/domain/bytes';
import type { OutboxItem } from '../../src/outbox/item';
import type { Part } from '../../src/outbox/outside';
import { KEPT_FOR_MS, reconcileItem } from '../../src/outbox/reconcile';
import { verifyReceipt } from '../../src/outbox/receipt';
import { isDue, sendItem } from '../../src/outbox/sender';
import { answer, FakeServer, itemWithPhotos, newKey, problem, type Key } from './server';

const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
const RUNS = Number(process?.env['OUTBOX_RUNS'] ?? 60);

/** What happens to one request: it reaches the server or not, its answer arrives or not, or a stranger answers. */
const FATES = ['fine', 'fine', 'fine', 'no_way', 'answer_lost', 'portal', 'portal_refuses', 'busy', 'damaged', 'killed'] as const;
type Fate = (typeof FATES)[number];

/** What happens between two runs of the sender. */
const EVENTS = ['send', 'send', 'send_data', 'restart', 'server_restored', 'reconcile', 'week', 'pause', 'resume'] as const;

class Killed extends Error {}

/** A server whose line is as bad as the fates say, storing what the phone writes in the phone's own database. */
class Line extends FakeServer {
  fates: Fate[] = [];

  constructor(item: OutboxItem, key: Key, stored: Map<string, ArrayBuffer>, readonly db: AccountDb) {
    super(item, key, stored);
  }

  async #through(call: () => Promise<Answer>): Promise<Answer> {
    const fate = this.fates.shift() ?? 'fine';
    switch (fate) {
      case 'fine': return call();
      case 'no_way': return answer(undefined);
      case 'portal': return answer(200, { welcome: 'wifi', receipt: 'a.b.c', submission_id: this.item.submission_id });
      case 'portal_refuses': return answer(403, { log: 'in' });
      case 'busy': return problem(503, 'busy');
      case 'damaged': return problem(422, 'photo_digest_mismatch');
      case 'answer_lost': await call(); return answer(undefined);
      case 'killed':
        this.killed = true;
        if (this.fates.length % 2 === 0) await call();
        throw new Killed();
    }
  }

  override putManifest(id: string, manifest: ArrayBuffer) { return this.#through(() => super.putManifest(id, manifest)); }
  override putPhoto(...what: Parameters<FakeServer['putPhoto']>) { return this.#through(() => super.putPhoto(...what)); }
  override uploadState(...what: Parameters<FakeServer['uploadState']>) { return this.#through(() => super.uploadState(...what)); }
  override patchPhoto(id: string, photo: Parameters<FakeServer['patchPhoto']>[1], part: Part) {
    return this.#through(() => super.patchPhoto(id, photo, part));
  }
  override status() { return this.#through(() => super.status()); }
  override photoBytes(id: string) { return photoBytes(this.db, id); }

  override async save(item: OutboxItem, change: Partial<OutboxItem>): Promise<OutboxItem> {
    if (this.killed) throw new Killed();
    this.item = await changeItem(this.db, item.submission_id, change);
    return this.item;
  }

  override async release(item: OutboxItem, ...[receipt, status]: [Parameters<FakeServer['release']>[1], Parameters<FakeServer['release']>[2]]) {
    await releaseItem(this.db, item, {
      submission_id: item.submission_id, task_id: item.task_id, plot_id: item.plot_id, finished_at: item.finished_at,
      content_sha256: item.content_sha256, receipt: status.receipt, receipt_no: receipt.receipt_no, received_at: receipt.received_at,
      backup_watermark: status.backup_watermark ?? 0, photo_count: 3, size_bytes: 1, released_at: this.at.toISOString(),
    });
    await super.release(item, receipt, status);
  }

  /** The process is gone: nothing is written down any more. */
  killed = false;
}

async function putAway(db: AccountDb, item: OutboxItem, stored: Map<string, ArrayBuffer>): Promise<void> {
  await db.write(['outbox', 'photos', 'photo_bytes'], async (tx) => {
    await tx.objectStore('outbox').put(item);
    for (const { photo_id, ...photo } of item.photos) {
      const taken = { taken_at: item.finished_at, clock_offset_ms: null, position: null, source: 'file' as const, width: 1, height: 1 };
      await tx.objectStore('photos').put({ ...photo, ...taken, id: photo_id, capture_id: item.submission_id });
      await tx.objectStore('photo_bytes').put({ photo_id, bytes: stored.get(photo_id) ?? new ArrayBuffer() });
    }
  });
}

async function checkNothingLost(line: Line, original: OutboxItem): Promise<void> {
  const [found] = await allItems(line.db);
  const [release] = await allReleases(line.db);
  const expected = { ...original, photos: original.photos.map((photo) => photo.sha256) };
  if (!found) {
    // Given up only with a receipt, while the server holds all of it.
    expect(release).toBeDefined();
    await verifyReceipt(release?.receipt ?? '', line.keys, expected);
    return;
  }
  expect(await sha256Hex(found.manifest)).toBe(original.content_sha256);
  for (const photo of original.photos) {
    const bytes = await photoBytes(line.db, photo.photo_id);
    expect(bytes && (await sha256Hex(bytes))).toBe(photo.sha256);
  }
  if (found.state === 'received') await verifyReceipt(found.receipt ?? '', line.keys, expected);
}

async function step(line: Line, event: (typeof EVENTS)[number], name: string): Promise<Line> {
  const [item] = await allItems(line.db);
  if (!item) return line;
  line.killed = false;
  switch (event) {
    case 'send': case 'send_data': {
      if (item.state === 'received') return line;
      try {
        await sendItem(item, line, event === 'send' ? 'all' : 'data');
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
      return line;
    }
    case 'restart': {
      const after = new Line(item, line.key, line.stored, openAccount(name));
      line.db.close();
      Object.assign(after, { manifest: line.manifest, fates: line.fates, at: line.at, backup_watermark: line.backup_watermark });
      for (const sha256 of line.photos) after.photos.add(sha256);
      for (const [sha256, bytes] of line.parts) after.parts.set(sha256, bytes);
      return after;
    }
    case 'server_restored':
      line.manifest = null;
      line.photos.clear();
      line.parts.clear();
      return line;
    case 'reconcile':
      try {
        await reconcileItem(item, line);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
      return line;
    case 'week':
      line.at = new Date(line.at.getTime() + KEPT_FOR_MS + 1);
      line.backup_watermark = line.backup_watermark === null ? 7 : null;
      return line;
    case 'pause': line.hindered = 'paused'; return line;
    case 'resume': line.hindered = null; return line;
  }
}

test('any row of answers, losses and kills', { timeout: 120_000 }, async () => {
  const key = await newKey();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...FATES), { maxLength: 40 }),
      fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 14 }),
      fc.constantFrom(0, 300_000, 700_000),
      async (fates, events, panorama_bytes) => {
        indexedDB = new IDBFactory();
        const name = `u${(number += 1)}`;
        const { item, stored } = await itemWithPhotos(panorama_bytes);
        let line = new Line(item, key, stored, openAccount(name));
        await putAway(line.db, item, stored);
        line.fates = fates;
        for (const event of events) {
          line = await step(line, event, name);
          await checkNothingLost(line, item);
        }

        // The way is free again: what is not received arrives.
        line.fates = [];
        line.hindered = null;
        line.killed = false;
        for (let i = 0; i < 4; i += 1) {
          const [left] = await allItems(line.db);
          if (!left || left.state === 'received') break;
          line.at = new Date(line.at.getTime() + 20 * 60_000);
          expect(isDue(left, line.at) || left.state === 'failed').toBe(true);
          await sendItem(left, line);
        }
        const [end] = await allItems(line.db);
        if (end) expect(end.state).toBe('received');
        await checkNothingLost(line, item);
        line.db.close();
      },
    ),
    { numRuns: RUNS },
  );
});

test('the check itself finds a lost photo, a lost item and a receipt that is none', async () => {
  const { item, stored } = await itemWithPhotos();
  const fresh = async (name: string) => {
    indexedDB = new IDBFactory();
    const line = new Line(item, await newKey(), stored, openAccount(name));
    await putAway(line.db, item, stored);
    await checkNothingLost(line, item);
    return line;
  };

  const photo = await fresh('p');
  await photo.db.write(['photo_bytes'], (tx) => tx.objectStore('photo_bytes').delete('tree'));
  await expect(checkNothingLost(photo, item)).rejects.toThrow();

  const whole = await fresh('w');
  await whole.db.write(['outbox'], (tx) => tx.objectStore('outbox').delete(item.submission_id));
  await expect(checkNothingLost(whole, item)).rejects.toThrow();

  const forged = await fresh('f');
  await changeItem(forged.db, item.submission_id, { state: 'received', receipt: 'a.b.c' });
  await expect(checkNothingLost(forged, item)).rejects.toThrow();
});
