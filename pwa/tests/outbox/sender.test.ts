import { beforeEach, describe, expect, test } from 'vitest';
import { Lanes } from '../../src/outbox/lanes';
import { isDue, sendItem } from '../../src/outbox/sender';
import { answer, FakeServer, itemWithPhotos, newKey, problem } from './server';

let server: FakeServer;

beforeEach(async () => {
  const { item, stored } = await itemWithPhotos();
  server = new FakeServer(item, await newKey(), stored);
  // One after the other, so that each answer given instead meets the request it is meant for.
  server.lanes = new Lanes(1);
});

const send = () => sendItem(server.item, server);

test('data first, then each photo, then the receipt', async () => {
  expect(await send()).toBe('received');

  expect(server.calls).toEqual(['manifest', 'photo panorama', 'photo spacing', 'photo tree']);
  expect(server.item).toMatchObject({ state: 'received', data_held: true, receipt_no: 7, failure: null });
  expect(server.item.photos_held).toHaveLength(3);
});

test('after a break only what is missing is sent, and each is asked for first', async () => {
  server.instead.push(null, null, answer(undefined), answer(undefined));
  expect(await send()).toBe('no_answer');
  expect(server.item).toMatchObject({ state: 'queued', data_held: true, attempt_count: 1 });
  expect(server.item.photos_held).toHaveLength(1);
  server.calls.length = 0;

  expect(await send()).toBe('received');
  expect(server.calls).toEqual(['offset spacing', 'part spacing 0+18 last', 'offset tree', 'part tree 0+15 last']);
});

test('a photo whose answer was lost is not sent again', async () => {
  const keep = server.putPhoto.bind(server);
  server.putPhoto = async (...what) => {
    await keep(...what);
    return answer(undefined);
  };

  expect(await send()).toBe('received');
  expect(server.calls.filter((call) => call.startsWith('photo') || call.startsWith('part'))).toHaveLength(3);
});

test('what the server lost of an item that it still has goes again', async () => {
  await send();
  const [panorama, spacing] = server.item.photos.map(({ sha256 }) => sha256);
  server.photos.clear();
  server.item = { ...server.item, state: 'queued', photos_held: [panorama ?? '', spacing ?? ''] };

  expect(await send()).toBe('later');
  expect(server.item).toMatchObject({ failure: { kind: 'bad_receipt', detail: 'incomplete' } });
  expect(await send()).toBe('received');
});

test('a server restored from an older backup gets everything again', async () => {
  await send();
  server.manifest = null;
  server.photos.clear();
  server.calls.length = 0;

  expect(await send()).toBe('received');
  expect(server.calls.slice(0, 2)).toEqual(['status', 'manifest']);
});

describe('a status code alone proves nothing', () => {
  test('a captive portal answers 200 to everything', async () => {
    server.instead.push(answer(200, { hello: 'wifi' }));

    expect(await send()).toBe('no_answer');
    expect(server.item).toMatchObject({ state: 'queued', data_held: false });
  });

  test('a portal that refuses is no refusal of the server', async () => {
    server.instead.push(answer(403, { login: 'here' }));

    expect(await send()).toBe('no_answer');
    expect(server.item.state).toBe('queued');
  });

  test('complete, but signed by somebody else', async () => {
    server.keys = [(await newKey()).published];

    expect(await send()).toBe('later');
    expect(server.item).toMatchObject({ state: 'queued', receipt: null, failure: { kind: 'bad_receipt' } });
  });

  test('a newer key is fetched once', async () => {
    server.keys = [];
    server.keysAfterRefresh = [server.key.published];

    expect(await send()).toBe('received');
    expect(server.calls.filter((call) => call === 'keys')).toHaveLength(1);
  });
});

describe('refusals keep the item', () => {
  test.each([
    ['409 is shown and kept', problem(409, 'submission_conflict'), 'failed', 'conflict'],
    ['403 waits for a person', problem(403, 'not_allowed'), 'failed', 'refused'],
    ['500 is tried again', problem(500, 'internal'), 'queued', 'busy'],
    ['429 is tried again', problem(429, 'too_many_requests'), 'queued', 'busy'],
    ['401 asks to sign in', problem(401, 'not_signed_in'), 'queued', 'sign_in'],
  ] as const)('%s', async (_name, given, state, kind) => {
    server.instead.push(given);

    await send();

    expect(server.item).toMatchObject({ state, failure: { kind } });
    expect(server.item.manifest.byteLength).toBeGreaterThan(0);
  });

  test('202 is quarantine, and later the desk may let it in', async () => {
    const aside = { quarantine_id: 'q', submission_id: server.item.submission_id, code: 'unknown_task', detail: '任务不在名册里' };
    server.instead.push(answer(202, aside));
    await send();
    expect(server.item).toMatchObject({ state: 'quarantined', failure: { kind: 'quarantined', detail: '任务不在名册里' } });

    server.manifest = server.item.manifest;
    expect(await send()).toBe('received');
  });

  test('202 may also say that the desk has rejected it: it waits no longer, and says why', async () => {
    const rejected = { quarantine_id: 'q', submission_id: server.item.submission_id, code: 'unknown_task', detail: '重复上报', rejected: true };
    server.instead.push(answer(202, rejected));

    await send();

    expect(server.item).toMatchObject({ state: 'failed', data_held: false, failure: { kind: 'refused', detail: '重复上报' } });
    expect(server.item.manifest.byteLength).toBeGreaterThan(0);
  });
});

test('a photo that changed on the phone is not sent; the others are', async () => {
  server.stored.set('spacing', new TextEncoder().encode('rotten').buffer);

  await send();

  expect(server.calls).toEqual(['manifest', 'photo panorama', 'photo tree']);
  expect(server.item).toMatchObject({ state: 'failed', failure: { kind: 'photo_damaged', detail: 'spacing' } });
});

test('a photo the store does not give back now is tried again; the others are sent', async () => {
  const { stored } = server;
  server.photoBytes = (id) => (id === 'panorama'
    ? Promise.reject(new DOMException('cannot read', 'UnknownError'))
    : Promise.resolve(stored.get(id) ?? null));

  await send();

  expect(server.calls).toEqual(['manifest', 'photo spacing', 'photo tree']);
  expect(server.item).toMatchObject({ state: 'queued', failure: { kind: 'phone' } });
});

test('a photo the server refuses does not keep the others back', async () => {
  server.instead.push(null, problem(413, 'body_too_large'));

  await send();

  expect(server.calls).toEqual(['manifest', 'photo panorama', 'photo spacing', 'photo tree']);
  expect(server.item.photos_held).toHaveLength(2);
  expect(server.item).toMatchObject({ state: 'failed', failure: { kind: 'refused' } });
});

test('waiting doubles, and an item killed while sending is due at once', async () => {
  const waits: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    server.instead.push(answer(undefined));
    await send();
    waits.push(Date.parse(server.item.next_try_at) - server.at.getTime());
  }

  expect(waits).toEqual([3_750, 7_500, 15_000]);
  expect(isDue(server.item, server.at)).toBe(false);
  expect(isDue({ ...server.item, state: 'sending' }, server.at)).toBe(true);
  expect(isDue({ ...server.item, state: 'failed', next_try_at: '' }, server.at)).toBe(false);
});
