import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Lanes } from '../../src/outbox/lanes';
import { KIB } from '../../src/outbox/part-size';
import { sendItem } from '../../src/outbox/sender';
import { answer, FakeServer, itemWithPhotos, newKey, problem } from './server';

const MIB = KIB * KIB;
let server: FakeServer;

async function serverFor(panorama_bytes: number): Promise<FakeServer> {
  const { item, stored } = await itemWithPhotos(panorama_bytes);
  const made = new FakeServer(item, await newKey(), stored);
  // One after the other, so that each answer given instead meets the request it is meant for.
  made.lanes = new Lanes(1);
  return made;
}

beforeEach(async () => { server = await serverFor(MIB + 5); });

const send = () => sendItem(server.item, server);
const parts = () => server.calls.filter((call) => call.startsWith('part'));

test('a large photo goes in parts that grow, a small one in one piece', async () => {
  expect(await send()).toBe('received');

  expect(parts().map((call) => Number(/\+(\d+)/.exec(call)?.[1]))).toEqual([...Array.from({ length: 5 }, () => 128 * KIB), 160 * KIB, 200 * KIB, 24_581]);
  expect(server.calls.filter((call) => !call.startsWith('part'))).toEqual(['manifest', 'offset panorama', 'photo spacing', 'photo tree']);
});

test('after a break it goes on from the server\'s offset', async () => {
  server.instead.push(null, null, null, answer(undefined), answer(undefined));
  expect(await send()).toBe('no_answer');
  expect(server.item.attempt_count).toBe(1);
  server.calls.length = 0;

  expect(await send()).toBe('received');
  expect(server.calls.slice(0, 2)).toEqual(['offset panorama', 'part panorama 131072+20480']);
  expect(server.sent_bytes).toBeLessThan(MIB + 100);
});

test('a part whose answer is lost is not sent again', async () => {
  const keep = server.keepPart.bind(server);
  vi.spyOn(server, 'keepPart').mockImplementationOnce(async (photo, part) => {
    await keep(photo, part);
    return answer(undefined);
  });

  expect(await send()).toBe('received');
  expect(server.sent_bytes).toBeLessThan(MIB + 100);
});

test('when the answer to the last part is lost, the status says that all is there', async () => {
  const keep = server.keepPart.bind(server);
  vi.spyOn(server, 'keepPart').mockImplementation(async (photo, part) => {
    const given = await keep(photo, part);
    return part.last ? answer(undefined) : given;
  });

  expect(await send()).toBe('received');
  expect(server.calls).toContain('status');
});

test('another offset than ours is the truth', async () => {
  server.parts.set(server.item.photos[0]?.sha256 ?? '', new Uint8Array(server.stored.get('panorama') ?? new ArrayBuffer(), 0, 7));
  server.instead.push(null, { ...answer(204), upload: { offset: 0, complete: false, min_append_bytes: null, max_append_bytes: null } });

  expect(await send()).toBe('received');
  expect(parts().slice(0, 2)).toEqual(['part panorama 0+131072', 'part panorama 7+131072']);
});

test('no part is larger than the server allows', async () => {
  server.max_append_bytes = 100_000;

  expect(await send()).toBe('received');
  expect(Math.max(...parts().map((call) => Number(/\+(\d+)/.exec(call)?.[1])))).toBe(100_000);
});

test.each([404, 405])('a server without parts (%s) gets the whole', async (status) => {
  server.instead.push(null, answer(status));

  expect(await send()).toBe('received');
  expect(server.calls.slice(0, 3)).toEqual(['manifest', 'offset panorama', 'status']);
  expect(server.calls[3]).toBe('photo panorama');
});

test('a damaged part is sent again, smaller; for ever damaged is tried later', async () => {
  server.instead.push(null, null, problem(400, 'part_digest_mismatch'));
  expect(await send()).toBe('received');
  expect(parts().slice(0, 2)).toEqual(['part panorama 0+131072', 'part panorama 0+65536']);

  server = await serverFor(MIB);
  vi.spyOn(server, 'keepPart').mockResolvedValue(problem(400, 'part_digest_mismatch'));
  expect(await send()).toBe('later');
  expect(server.item).toMatchObject({ state: 'queued', failure: { kind: 'busy' } });
});

describe('a stranger in the way', () => {
  test.each([
    ['200 to the question for the offset', answer(200, { hello: 'wifi' })],
    ['204 without an offset', answer(204)],
    ['403', answer(403)],
    ['511', answer(511)],
  ])('%s is no answer', async (_name, given) => {
    server.instead.push(null, given);

    expect(['no_answer', 'later']).toContain(await send());
    expect(server.item).toMatchObject({ state: 'queued', receipt: null });
  });

  test('200 to a part holds nothing', async () => {
    server.instead.push(null, null, answer(200, {}));

    expect(await send()).toBe('no_answer');
    expect(server.item.photos_held).toEqual([]);
  });
});

test('a submission that the server forgot between the photos begins anew', async () => {
  server.instead.push(null, null, null);
  vi.spyOn(server, 'keepPart').mockImplementationOnce(() => {
    server.manifest = null;
    return Promise.resolve(answer(undefined));
  });

  expect(await send()).toBe('later');
  expect(server.item).toMatchObject({ state: 'queued', data_held: false, failure: { kind: 'server_lost' } });
  expect(await send()).toBe('received');
});

test('paused between two parts it stops, and says nothing is wrong', async () => {
  const keep = server.keepPart.bind(server);
  vi.spyOn(server, 'keepPart').mockImplementationOnce((photo, part) => {
    server.hindered = 'paused';
    return keep(photo, part);
  });

  expect(await send()).toBe('halted');
  expect(server.item).toMatchObject({ state: 'queued', failure: null, attempt_count: 0 });
  expect(parts()).toHaveLength(1);

  server.calls.length = 0;
  expect(await send()).toBe('halted');
  expect(server.calls).toEqual([]);
});

test('data only: the manifest goes, the photos wait', async () => {
  expect(await sendItem(server.item, server, 'data')).toBe('data');

  expect(server.calls).toEqual(['manifest']);
  expect(server.item).toMatchObject({ state: 'queued', data_held: true, failure: null });
});
