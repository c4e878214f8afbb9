/** One run over several items, some of them bad. */

import { expect, test, vi } from 'vitest';
import type { Answer } from '../../src/api';
import type { OutboxItem } from '../../src/outbox/item';
import type { Outside } from '../../src/outbox/outside';
import { sendDue } from '../../src/outbox/run';
import { answer, FakeServer, itemWithPhotos, newKey, problem } from './server';

/** A phone with `count` items, each with a server of its own; `asked` is the order of the requests. */
async function phone(count: number) {
  const key = await newKey();
  const servers = new Map<string, FakeServer>();
  const asked: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { item, stored } = await itemWithPhotos(0, `s${i}`);
    servers.set(`s${i}`, new FakeServer(item, key, stored));
  }
  const of = (id: string) => {
    const server = servers.get(id);
    if (!server) throw new RangeError(id);
    return server;
  };
  const note = (id: string, what: string) => {
    asked.push(`${id} ${what}`);
    return of(id);
  };
  const first = of('s0');
  const outside: Outside = {
    putManifest: (id, manifest) => note(id, 'manifest').putManifest(id, manifest),
    putPhoto: (id, photo, bytes) => note(id, photo.kind).putPhoto(id, photo, bytes),
    uploadState: (id, photo) => of(id).uploadState(id, photo),
    patchPhoto: (id, photo, part) => note(id, photo.kind).patchPhoto(id, photo, part),
    status: (id) => note(id, 'status').status(),
    photoBytes: (id) => first.photoBytes(id),
    receiptKeys: () => first.receiptKeys(),
    refreshKeys: () => first.refreshKeys(),
    save: (item, change) => of(item.submission_id).save(item, change),
    release: () => Promise.resolve(),
    hindrance: () => first.hindered,
    progress: () => undefined,
    part_size: first.part_size,
    lanes: first.lanes,
    now: () => first.at,
    ticks_ms: () => 0,
    pause: () => Promise.resolve(),
    random: () => 0.5,
  };
  let wake: () => void = () => undefined;
  const box = {
    items: () => Promise.resolve([...servers.values()].map(({ item }) => item)), outside, stopped: () => false,
    woken: () => new Promise<void>((resolve) => { wake = resolve; }),
  };
  const add = async (id: string) => {
    const { item, stored } = await itemWithPhotos(0, id);
    servers.set(id, new FakeServer(item, key, stored));
    wake();
  };
  return { asked, of, add, box, item: (id: string): OutboxItem => of(id).item };
}

const never = (server: FakeServer, given: Answer) => { server.putManifest = () => Promise.resolve(given); };

test('the data of all goes before the photos of any', async () => {
  const { asked, box } = await phone(2);

  expect(await sendDue(box, false)).toBe('answered');
  expect(asked.slice(0, 3)).toEqual(['s0 manifest', 's1 manifest', 's0 panorama']);
});

test('the data of a capture finished while photos are on their way do not wait for them', async () => {
  const { add, asked, box, of, item } = await phone(2);
  let goOn: () => void = () => undefined;
  const line = new Promise<void>((resolve) => { goOn = resolve; });
  const first = of('s0');
  first.patchPhoto = async (_id, photo, part) => {
    await line;
    return first.keepPart(photo, part);
  };
  const run = sendDue(box, false);
  await vi.waitFor(() => { expect(asked.slice(-2)).toEqual(['s0 panorama', 's0 spacing']); });

  await add('s2');

  await vi.waitFor(() => { expect(item('s2').data_held).toBe(true); });
  expect(asked.slice(-2)).toEqual(['s0 spacing', 's2 manifest']);
  goOn();
  await run;
  expect(['s0', 's1', 's2'].map((id) => item(id).state)).toEqual(['received', 'received', 'received']);
});

test('with nobody there few requests are spent', async () => {
  const { box, of, item } = await phone(9);
  for (let i = 0; i < 9; i += 1) never(of(`s${i}`), answer(undefined));

  expect(await sendDue(box, false)).toBe('silent');
  expect(Array.from({ length: 9 }, (_, i) => item(`s${i}`)).filter((each) => each.attempt_count > 0)).toHaveLength(3);
});

test('manifests that something on the way swallows do not keep back the photos of others', async () => {
  const { box, of, item } = await phone(4);
  never(of('s0'), answer(undefined));
  never(of('s1'), answer(undefined));
  for (const id of ['s2', 's3']) {
    of(id).manifest = item(id).manifest;
    of(id).item = { ...item(id), data_held: true };
  }

  expect(await sendDue(box, false)).toBe('answered');
  expect(item('s2').state).toBe('received');
  expect(item('s3').state).toBe('received');
});

test('one item that is never answered does not make the line look dead', async () => {
  const { box, of, item } = await phone(3);
  never(of('s2'), answer(undefined));

  expect(await sendDue(box, false)).toBe('answered');
  expect([item('s0').state, item('s1').state, item('s2').state]).toEqual(['received', 'received', 'queued']);
});

test.each([
  ['refused', problem(403, 'not_allowed')],
  ['broken', problem(500, 'internal')],
  ['in conflict', problem(409, 'submission_conflict')],
])('an item that is %s lets the others pass', async (_name, given) => {
  const { box, of, item } = await phone(3);
  never(of('s0'), given);

  await sendDue(box, false);

  expect([item('s1').state, item('s2').state]).toEqual(['received', 'received']);
});

test('a dead session stops at the first refusal', async () => {
  const { box, of } = await phone(3);
  never(of('s0'), problem(401, 'not_signed_in'));

  expect(await sendDue(box, false)).toBe('sign_in');
});

test('while paused nothing is asked, and the line is not taken for dead', async () => {
  const { asked, box, of } = await phone(2);
  of('s0').hindered = 'paused';

  expect(await sendDue(box, true)).toBe('answered');
  expect(asked).toEqual([]);
});
