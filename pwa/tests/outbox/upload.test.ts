import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FIRST_PART_BYTES, KIB, PartSize } from '../../src/outbox/part-size';
import { sendItem } from '../../src/outbox/sender';
import { answer, FakeServer, itemWithPhotos, newKey, problem } from './server';

const MIB = KIB * KIB;
let server: FakeServer;

async function serverFor(panorama_bytes: number): Promise<FakeServer> {
  const { item, stored } = await itemWithPhotos(panorama_bytes);
  return new FakeServer(item, await newKey(), stored);
}

beforeEach(async () => { server = await serverFor(MIB + 5); });

const send = () => sendItem(server.item, server);
const parts = () => server.calls.filter((call) => call.startsWith('part'));

test('a large photo goes in parts that grow, a small one in one piece', async () => {
  expect(await send()).toBe('received');

  expect(server.calls).toEqual([
    'manifest', 'offset panorama', 'part panorama 0+262144', 'part panorama 262144+262144',
    'part panorama 524288+524288', 'part panorama 1048576+5 last', 'photo spacing', 'photo tree',
  ]);
});

test('after a break it goes on from the server\'s offset', async () => {
  server.instead.push(null, null, null, answer(undefined), answer(undefined));
  expect(await send()).toBe('no_answer');
  expect(server.item.attempt_count).toBe(1);
  server.calls.length = 0;

  expect(await send()).toBe('received');
  expect(server.calls.slice(0, 3)).toEqual(['status', 'offset panorama', 'part panorama 262144+131072']);
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
  expect(parts().slice(0, 2)).toEqual(['part panorama 0+262144', 'part panorama 7+262144']);
});

test('no part is larger than the server allows', async () => {
  server.max_append_bytes = 100_000;

  expect(await send()).toBe('received');
  expect(Math.max(...parts().map((call) => Number(/\+(\d+)/.exec(call)?.[1])))).toBe(100_000);
});

test.each([404, 405])('a server without parts (%s) gets the whole', async (status) => {
  server.instead.push(null, answer(status));

  expect(await send()).toBe('received');
  expect(server.calls.slice(0, 3)).toEqual(['manifest', 'offset panorama', 'photo panorama']);
});

test('a damaged part is sent again, smaller; for ever damaged is tried later', async () => {
  server.instead.push(null, null, problem(400, 'part_digest_mismatch'));
  expect(await send()).toBe('received');
  expect(parts().slice(0, 2)).toEqual(['part panorama 0+262144', 'part panorama 0+131072']);

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

describe('the size of a part', () => {
  test('grows on a quick line to 4 MiB, and no further', () => {
    const size = new PartSize();
    for (let i = 0; i < 40; i += 1) size.succeeded(500);

    expect(size.bytes).toBe(4 * MIB);
  });

  test('halves with each failure, to 16 KiB', () => {
    const size = new PartSize();
    for (let i = 0; i < 9; i += 1) size.failed();

    expect(size.bytes).toBe(16 * KIB);
  });

  test('a size that has failed is tried again only after many good parts', () => {
    const size = new PartSize();
    size.failed();
    for (let i = 0; i < 11; i += 1) size.succeeded(500);
    expect(size.bytes).toBe(FIRST_PART_BYTES / 2);

    size.succeeded(500);
    expect(size.bytes).toBe(FIRST_PART_BYTES);
  });

  test('stays on a slow line, and shrinks on one that is slower still', () => {
    const size = new PartSize();
    for (let i = 0; i < 9; i += 1) size.succeeded(10_000);
    expect(size.bytes).toBe(FIRST_PART_BYTES);

    size.succeeded(20_000);
    expect(size.bytes).toBe(FIRST_PART_BYTES / 2);
  });

  test('on a line that breaks every 20 to 200 KB, less than a third is sent twice', () => {
    const size = new PartSize();
    let seed = 7;
    const random = () => { seed = (seed * 16_807) % 2_147_483_647; return seed / 2_147_483_647; };
    const wanted = 200 * 1_000_000;
    let held = 0;
    let sent = 0;
    let until_break = 20_000 + random() * 180_000;
    while (held < wanted) {
      if (size.bytes <= until_break) {
        held += size.bytes;
        sent += size.bytes;
        until_break -= size.bytes;
        size.succeeded(200);
      } else {
        sent += until_break;
        size.failed();
        until_break = 20_000 + random() * 180_000;
      }
    }

    expect(sent / held).toBeLessThan(1.3);
  });
});
