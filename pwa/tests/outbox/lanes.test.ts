/** Two photos at once: who may be under way together, and what one of them suffers by the other. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/api';
import { Lanes } from '../../src/outbox/lanes';
import type { OutboxItem } from '../../src/outbox/item';
import type { Outside } from '../../src/outbox/outside';
import { sendDue } from '../../src/outbox/run';
import { sendItem } from '../../src/outbox/sender';
import { TransferRate } from '../../src/outbox/transfer-rate';
import { answer, FakeServer, itemWithPhotos, newKey, problem } from './server';

test('two at once, in the order they asked, and a failure makes room', async () => {
  const lanes = new Lanes();
  const begun: number[] = [];
  const ends: ((failed: boolean) => void)[] = [];
  const works = [0, 1, 2, 3].map((i) => lanes.run(() => {
    begun.push(i);
    return new Promise<void>((resolve, reject) => { ends[i] = (failed) => { if (failed) reject(new Error()); else resolve(); }; });
  }).catch(() => undefined));
  expect(begun).toEqual([0, 1]);

  ends[1]?.(true);
  await works[1];
  expect(begun).toEqual([0, 1, 2]);

  ends[0]?.(false);
  ends[2]?.(false);
  await works[2];
  ends[3]?.(false);
  await Promise.all(works);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('the rate is that of the line, however many share it', () => {
  const [alone, shared] = [new TransferRate(), new TransferRate()];
  for (let i = 0; i < 10; i += 1) alone.add(10_000, i * 1000, (i + 1) * 1000);
  for (let i = 0; i < 10; i += 1) {
    shared.add(10_000, i * 2000, (i + 1) * 2000);
    shared.add(10_000, i * 2000, (i + 1) * 2000);
  }

  expect(alone.secondsFor(100_000)).toBeCloseTo(10);
  expect(shared.secondsFor(100_000)).toBeGreaterThan(8);
  expect(shared.secondsFor(100_000)).toBeLessThan(12);
  expect(new TransferRate().secondsFor(1)).toBeNull();
});

describe('two photos of one item', () => {
  async function slow(): Promise<{ server: FakeServer; go: (kind: string, given?: Answer) => void }> {
    const { item, stored } = await itemWithPhotos();
    const server = new FakeServer(item, await newKey(), stored);
    const waiting = new Map<string, (given?: Answer) => void>();
    const put = server.putPhoto.bind(server);
    server.putPhoto = async (id, photo, bytes) => {
      const given = await new Promise<Answer | undefined>((resolve) => { waiting.set(photo.kind, resolve); });
      return given ?? put(id, photo, bytes);
    };
    const go = (kind: string, given?: Answer) => {
      const resolve = waiting.get(kind);
      if (!resolve) throw new Error(`${kind} is not under way`);
      resolve(given);
    };
    return { server, go };
  }
  // Hashes are made in threads: so long until nothing moves any more.
  const still = () => new Promise((resolve) => { setTimeout(resolve, 20); });

  test('the break of one neither ends the other nor lets a third begin', async () => {
    const { server, go } = await slow();
    const sent = sendItem(server.item, server);
    await still();
    server.instead.push(answer(undefined));
    go('panorama', answer(undefined));
    await still();
    expect(() => { go('tree'); }).toThrow();
    go('spacing');

    expect(await sent).toBe('no_answer');
    expect(server.item).toMatchObject({ state: 'queued', failure: { kind: 'no_answer' } });
    expect(server.item.photos_held).toEqual([server.item.photos[1]?.sha256]);
  });

  test('answers that overtake each other take nothing back', async () => {
    const { item, stored } = await itemWithPhotos();
    const server = new FakeServer(item, await newKey(), stored);
    const put = server.putPhoto.bind(server);
    const answers = new Map<string, () => void>();
    server.putPhoto = async (id, photo, bytes) => {
      const given = await put(id, photo, bytes);
      await new Promise<void>((resolve) => { answers.set(photo.kind, resolve); });
      return given;
    };
    const sent = sendItem(server.item, server);
    await still();
    answers.get('spacing')?.();
    await still();
    answers.get('panorama')?.();
    await still();
    expect(server.item.photos_held).toHaveLength(2);
    answers.get('tree')?.();

    expect(await sent).toBe('received');
  });

  test('one that is in the item twice goes once', async () => {
    const { item, stored } = await itemWithPhotos();
    const server = new FakeServer({ ...item, photos: [...item.photos, ...item.photos] }, await newKey(), stored);

    expect(await sendItem(server.item, server)).toBe('received');
    expect(server.calls.filter((call) => call.startsWith('photo'))).toHaveLength(3);
  });

  test('the last two may each not know of the other', async () => {
    const { item, stored } = await itemWithPhotos();
    const server = new FakeServer(item, await newKey(), stored);
    const put = server.putPhoto.bind(server);
    let stale: Answer | undefined;
    server.putPhoto = async (id, photo, bytes) => {
      const given = await put(id, photo, bytes);
      if (photo.kind === 'spacing') stale = given;
      return photo.kind === 'tree' && stale ? stale : given;
    };

    expect(await sendItem(server.item, server)).toBe('received');
    expect(server.calls.at(-1)).toBe('status');
  });
});

/** What happens to one request for a photo. */
const FATES = ['fine', 'fine', 'fine', 'fine', 'no_way', 'answer_lost', 'portal', 'busy', 'refused'] as const;

test('in any order of answers: two photos at once at most, no upload twice at once, data first, no item held up', async () => {
  const key = await newKey();
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(0, 300_000),
      fc.array(fc.constantFrom(...FATES), { maxLength: 25 }),
      async (scheduler, count, panorama_bytes, given) => {
        const fates = [...given];
        const servers = new Map<string, FakeServer>();
        for (let i = 0; i < count; i += 1) {
          const { item, stored } = await itemWithPhotos(panorama_bytes, `s${i}`);
          servers.set(`s${i}`, new FakeServer(item, key, stored));
        }
        const of = (id: string) => servers.get(id) as FakeServer;
        const under_way = new Set<string>();
        const photo = async (id: string, sha256: string, call: () => Promise<Answer>): Promise<Answer> => {
          const upload = `${id} ${sha256}`;
          expect(under_way.has(upload)).toBe(false);
          expect(of(id).item.data_held).toBe(true);
          under_way.add(upload);
          expect(under_way.size).toBeLessThanOrEqual(2);
          await scheduler.schedule(Promise.resolve());
          const fate = fates.shift() ?? 'fine';
          const answered = fate === 'fine' || fate === 'answer_lost' ? await call() : undefined;
          await scheduler.schedule(Promise.resolve());
          under_way.delete(upload);
          switch (fate) {
            case 'portal': return answer(200, { welcome: 'wifi' });
            case 'busy': return problem(503, 'busy');
            case 'refused': return problem(413, 'body_too_large');
            case 'fine': return answered as Answer;
            default: return answer(undefined);
          }
        };
        const first = of('s0');
        const outside: Outside = {
          putManifest: (id, manifest) => of(id).putManifest(id, manifest),
          putPhoto: (id, which, bytes) => photo(id, which.sha256, () => of(id).putPhoto(id, which, bytes)),
          uploadState: (id, which) => photo(id, which.sha256, () => of(id).uploadState(id, which)),
          patchPhoto: (id, which, part) => photo(id, which.sha256, () => of(id).patchPhoto(id, which, part)),
          status: (id) => of(id).status(),
          photoBytes: (id) => first.photoBytes(id),
          receiptKeys: () => first.receiptKeys(),
          refreshKeys: () => Promise.resolve(),
          save: (item, change) => of(item.submission_id).save(of(item.submission_id).item, change),
          release: () => Promise.resolve(),
          hindrance: () => null,
          progress: () => undefined,
          part_size: first.part_size,
          lanes: new Lanes(),
          now: () => first.at,
          ticks_ms: () => 0,
          pause: () => Promise.resolve(),
          random: () => 0.5,
        };
        const items = () => [...servers.values()].map(({ item }): OutboxItem => ({ ...item }));
        const run = () => scheduler.waitFor(sendDue({ items: () => Promise.resolve(items()), outside, stopped: () => false, woken: () => new Promise(() => undefined) }, true));
        for (let i = 0; i < 30 && fates.length > 0; i += 1) {
          await run();
          for (const item of items()) if (item.state === 'failed') await outside.save(item, { state: 'queued' });
        }
        await run();

        expect(items().map(({ state }) => state)).toEqual(Array.from({ length: count }, () => 'received'));
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
