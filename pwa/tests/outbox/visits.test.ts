import { expect, test } from 'vitest';
import type { Release } from '../../src/db/schema';
import type { OutboxItem } from '../../src/outbox/item';
import { isOnItsWay, predecessorOf } from '../../src/outbox/visits';
import { itemWithPhotos } from './server';

async function item(submission_id: string, change: Partial<OutboxItem>): Promise<OutboxItem> {
  return { ...(await itemWithPhotos(0, submission_id)).item, ...change };
}

const release = (submission_id: string, receipt_no: number): Release => ({
  submission_id, receipt_no, task_id: 't', plot_id: 'p', finished_at: '2026-03-01T00:00:00Z', content_sha256: '', receipt: '',
  received_at: '', backup_watermark: 0, photo_count: 0, size_bytes: 0, released_at: '',
});

test('the newest is the one with the highest receipt, whatever the phone thought of the time', async () => {
  const first = await item('first', { state: 'received', data_held: true, receipt_no: 4, finished_at: '2030-01-01T00:00:00Z' });
  const second = await item('second', { state: 'received', data_held: true, receipt_no: 9, finished_at: '2026-03-02T00:00:00Z' });

  expect(predecessorOf('t', [first, second], [release('old', 2)])).toBe('second');
  expect(predecessorOf('t', [], [release('old', 2), release('older', 1)])).toBe('old');
});

test('what the server holds in part is corrected too; what it has never seen is not', async () => {
  const whole = await item('whole', { state: 'received', data_held: true, receipt_no: 4 });
  const damaged = await item('damaged', { state: 'failed', data_held: true });
  const unsent = await item('unsent', { state: 'failed' });

  expect(predecessorOf('t', [whole, damaged, unsent], [])).toBe('damaged');
  expect(predecessorOf('t', [unsent], [])).toBeNull();
  expect(predecessorOf('another task', [whole], [])).toBeNull();
});

test('a task may be visited again although a submission of it still lies here that the server will never hold whole', async () => {
  const damaged = await item('damaged', { state: 'failed', data_held: true });
  const queued = await item('queued', {});

  expect(isOnItsWay(damaged, new Set(['t']))).toBe(false);
  expect(isOnItsWay(damaged, new Set())).toBe(true);
  expect(isOnItsWay(queued, new Set(['t']))).toBe(true);
  expect(isOnItsWay({ ...damaged, data_held: false }, new Set())).toBe(false);
  expect(isOnItsWay({ ...queued, state: 'received' }, new Set())).toBe(false);
});
