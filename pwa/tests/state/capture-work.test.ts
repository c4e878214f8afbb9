import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appendFix, changeCapture, loadCapture, startCapture } from '../../src/db/captures';
import { openAccount } from '../../src/db/schema';
import { prepare } from '../../src/device/picture';
import { Account } from '../../src/state/account';
import { CaptureWork, type Subject } from '../../src/state/capture-work';
import type { Surroundings } from '../../src/state/sending';
import type { Signals } from '../../src/state/signals';
import { POLICY } from '../policy';

vi.mock('../../src/device/picture', () => ({ prepare: vi.fn() }));
vi.stubGlobal('__APP_VERSION__', 'test');

const SUBJECT: Subject = {
  programme: { code: 'p', name: 'p', year: 2026, region_code: '45', policy_version: 1, policy: POLICY },
  plot: {
    id: 'plot', household_id: 'h', number: 1, land_type: 'paddy', declared_mu: 1, boundary: null, centre: [109.4, 25.2],
  },
  household: { id: 'h', code: 'h', head_name: 'h', group_name: 'g', village_code: '45', person_count: 3 },
  others: [],
} as unknown as Subject;
const SIGNALS: Signals = { vertex() {}, corner() {}, closed() {}, lost() {}, tree() {} };
const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).buffer;

beforeEach(() => { indexedDB = new IDBFactory(); });
afterEach(() => { vi.useRealTimers(); });

test('a picture still being measured when the inspector taps "finish" is part of what is frozen', async () => {
  const db = openAccount('u1');
  const capture = await startCapture(db, { task_id: 't', plot_id: 'plot', started_at: '2026-03-02T00:00:00Z' });
  await changeCapture(db, capture.id, (old) => ({ ...old, walk: { ...old.walk, state: 'recording' } }));
  await appendFix(db, capture.id, { lon: 109.4, lat: 25.2, accuracy_m: 4, t_ms: 0, fixed_at: '2026-03-02T00:00:01Z' });
  await changeCapture(db, capture.id, (old) => ({ ...old, walk: { ...old.walk, state: 'closed', closed_t_ms: 5 } }));
  const work = await CaptureWork.open(db, capture.id, () => SUBJECT, SIGNALS);
  if (!work) throw new RangeError('not opened');
  vi.mocked(prepare).mockImplementation(async () => {
    await new Promise((resolve) => { setTimeout(resolve, 80); });
    return { bytes: JPEG, media_type: 'image/jpeg', width: 4, height: 3, thumb: JPEG, sample: { width: 1, height: 1, grey: new Uint8ClampedArray(1) }, before: null };
  });

  const taken = work.addPicture(JPEG, { kind: 'tree', source: 'file', taken_at: '2026-03-02T00:01:00Z', clock_offset_ms: null }, null);
  const item = await work.finish({ device_id: 'd', clock_offset_ms: null });
  const photo = await taken;

  expect(item.photos.map(({ sha256 }) => sha256)).toEqual([photo.sha256]);
  expect(new TextDecoder().decode(item.manifest)).not.toContain('"seq"');
});

test('what a full store refused is still tried after the capture was left to send photos, and there when it is opened again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('navigator', {});
  const account = new Account('u1', {} as Surroundings);
  const { id } = await startCapture(account.db, { task_id: 't', plot_id: 'plot', started_at: '2026-03-02T00:00:00Z' });
  const work = await CaptureWork.open(account.db, id, () => SUBJECT, SIGNALS);
  if (!work) throw new RangeError('not opened');
  const full = vi.spyOn(account.db, 'write').mockRejectedValue(new DOMException('full', 'QuotaExceededError'));
  await work.setRemark('地头有一座坟');

  await account.leaveCapture(work);

  expect(account.unsaved_work.get(id)).toBe(work);
  full.mockRestore();
  await vi.advanceTimersByTimeAsync(3_000);
  await vi.waitFor(() => { expect(account.unsaved_work.size).toBe(0); });
  expect((await loadCapture(account.db, id))?.capture.remark).toBe('地头有一座坟');
});
