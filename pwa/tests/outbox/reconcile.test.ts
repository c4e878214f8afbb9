import { beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/api';
import type { OutboxItem } from '../../src/outbox/item';
import type { Outside } from '../../src/outbox/outside';
import { KEPT_FOR_MS, recheck, reconcileItem } from '../../src/outbox/reconcile';
import { sendItem } from '../../src/outbox/sender';
import { answer, FakeServer, itemWithPhotos, newKey, problem } from './server';

let server: FakeServer;

beforeEach(async () => {
  const { item, stored } = await itemWithPhotos();
  server = new FakeServer(item, await newKey(), stored);
  await sendItem(item, server);
});

const reconcile = () => reconcileItem(server.item, server);
const later = (wait_ms: number) => { server.at = new Date(server.at.getTime() + wait_ms); };

test('what the server still holds stays received, and is noted as checked', async () => {
  later(60_000);

  expect(await reconcile()).toBe('held');
  expect(server.item).toMatchObject({ state: 'received', checked_at: server.at.toISOString() });
});

describe('a server restored from an older backup refills itself', () => {
  test('it does not know the submission', async () => {
    server.manifest = null;
    server.photos.clear();

    expect(await reconcile()).toBe('queued_again');
    expect(server.item).toMatchObject({ state: 'queued', data_held: false, failure: { kind: 'server_lost' } });
    expect(await sendItem(server.item, server)).toBe('received');
    expect(server.photos.size).toBe(3);
  });

  test('it lacks a photo', async () => {
    server.photos.delete(server.item.photos[1]?.sha256 ?? '');

    expect(await reconcile()).toBe('queued_again');
    expect(await sendItem(server.item, server)).toBe('received');
  });

  test('it found that a photo\'s bytes are gone: that one is sent again and no other, and nothing leaves the phone meanwhile', async () => {
    server.photos.delete(server.item.photos[1]?.sha256 ?? '');
    server.backup_watermark = 7;
    later(KEPT_FOR_MS + 60_000);
    const before = server.calls.length;

    expect(await reconcile()).toBe('queued_again');
    expect(server.item.state).toBe('queued');
    expect(await sendItem(server.item, server)).toBe('received');

    expect(server.calls.slice(before)).toEqual(['status', 'manifest', 'photo spacing']);
    expect(server.photos.size).toBe(3);
    expect(server.item.receipt_no).toBe(7);
    expect(server.released).toEqual([]);
    expect(server.stored.size).toBe(3);
  });

  test('it holds other bytes under the id', async () => {
    server.manifest = new TextEncoder().encode('{"other":1}').buffer;

    expect(await reconcile()).toBe('queued_again');
    expect(server.item.state).toBe('queued');
  });
});

test.each([
  ['nobody', answer(undefined)],
  ['a portal\'s 200', answer(200, { hello: 'wifi' })],
  ['a portal\'s 404', answer(404, { login: 'here' })],
])('%s changes nothing', async (_name, given) => {
  const before = server.item;
  server.instead.push(given);

  expect(await reconcile()).toBe('unknown');
  expect(server.item).toEqual(before);
});

test.each([
  ['a 404 with another code', problem(404, 'not_found')],
  ['503', problem(503, 'busy')],
])('%s is noted as asked, and settles nothing', async (_name, given) => {
  const before = server.item;
  later(60_000);
  server.instead.push(given);

  expect(await reconcile()).toBe('unclear');
  expect(server.item).toEqual({ ...before, checked_at: server.at.toISOString() });
});

describe('all that was received is asked for in turn', () => {
  /** Several received items before one server; `asked` names those it was asked about. */
  function shelf(count: number) {
    const items = new Map<string, OutboxItem>();
    for (let i = 0; i < count; i += 1) {
      items.set(`s${i}`, { ...server.item, submission_id: `s${i}`, checked_at: new Date(server.at.getTime() - count + i).toISOString() });
    }
    const asked: string[] = [];
    const answers = new Map<string, Answer>();
    const outside: Outside = Object.assign(Object.create(server) as FakeServer, {
      status: (id: string) => {
        asked.push(id);
        return Promise.resolve(answers.get(id) ?? problem(500, 'internal'));
      },
      save: (item: OutboxItem, change: Partial<OutboxItem>) => {
        const saved = { ...item, ...change };
        items.set(item.submission_id, saved);
        return Promise.resolve(saved);
      },
    });
    return { items, asked, answers, outside, recheck: () => recheck([...items.values()], outside) };
  }

  test('those that never settle do not stand before the others', async () => {
    const { asked, recheck: again } = shelf(6);
    later(11 * 60_000);
    await again();
    later(60_000);
    await again();

    expect(asked).toEqual(['s0', 's1', 's2', 's3', 's4', 's5']);
  });

  test('without an answer the rest is left alone', async () => {
    const { asked, answers, recheck: again } = shelf(3);
    later(11 * 60_000);
    answers.set('s0', answer(undefined));

    expect(await again()).toBe('fine');
    expect(asked).toEqual(['s0']);
  });

  test('once one is gone, all are asked for', async () => {
    const { asked, answers, recheck: again } = shelf(8);
    later(11 * 60_000);
    answers.set('s0', problem(404, 'submission_not_found'));

    expect(await again()).toBe('lost');
    expect(asked).toHaveLength(8);
  });

  test('a clock that was set back does not put the question off', async () => {
    const { asked, recheck: again } = shelf(1);
    later(-365 * 24 * 60 * 60_000);
    await again();

    expect(asked).toEqual(['s0']);
  });
});

describe('a local copy is given up', () => {
  beforeEach(() => {
    server.backup_watermark = 7;
    later(KEPT_FOR_MS + 60_000);
  });

  test('after a week, once a verified backup holds it', async () => {
    expect(await reconcile()).toBe('released');
    expect(server.released[0]).toMatchObject({ receipt: { receipt_no: 7 }, status: { backup_watermark: 7 } });
  });

  test.each([
    ['no backup yet', () => { server.backup_watermark = null; }],
    ['the backup ends before it', () => { server.backup_watermark = 6; }],
    ['less than a week on the server\'s clock', () => { server.received_at = server.at.toISOString(); }],
    ['less than a week on the phone\'s clock', () => { server.item = { ...server.item, verified_at: server.at.toISOString() }; }],
    ['the receipt is signed by somebody else', async () => { server.keys = [(await newKey()).published]; }],
    ['a photo is missing there', () => { server.photos.delete(server.item.photos[0]?.sha256 ?? ''); }],
    ['the server forgot it', () => { server.manifest = null; }],
    ['it is not received', () => { server.item = { ...server.item, state: 'queued' }; }],
    ['another account is signed in', () => { server.hindered = 'left'; }],
  ])('never when %s', async (_name, change: () => unknown) => {
    await change();

    await reconcile();

    expect(server.released).toEqual([]);
  });
});
