import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, expect, test } from 'vitest';
import { DeviceStore, type SignedIn } from '../../src/db/device';
import { PIN_TRIES } from '../../src/domain/pin';
import { Lock } from '../../src/state/lock';

const session = (id: string, token: string): SignedIn => ({
  token, expires_at: '2026-05-01T00:00:00Z', user: { id, name: id, display_name: id, grants: [] }, receipt_keys: [], sign_in_again: false,
});

beforeEach(() => { indexedDB = new IDBFactory(); });

async function phone(): Promise<Lock> {
  const lock = new Lock(new DeviceStore());
  await lock.load();
  return lock;
}

test('a PIN opens its account without a network, also after the app was closed', async () => {
  const before = await phone();
  await before.note(session('a', 'token of a'), true);
  await before.setPin(session('a', 'token of a'), '402913');

  const unlocked = await (await phone()).unlock('a', '402913');

  expect(unlocked.result === 'ok' && unlocked.signed_in.token).toBe('token of a');
});

test('five wrong PINs leave the password only, and closing the app in between buys no further try', async () => {
  const lock = await phone();
  await lock.note(session('a', 'token of a'), true);
  await lock.setPin(session('a', 'token of a'), '402913');

  for (let n = 1; n < PIN_TRIES; n += 1) {
    expect(await (await phone()).unlock('a', '000001')).toEqual({ result: 'wrong', tries_left: PIN_TRIES - n });
  }

  expect(await (await phone()).unlock('a', '000001')).toEqual({ result: 'password' });
  expect(await (await phone()).unlock('a', '402913')).toEqual({ result: 'password' });
});

test('two inspectors share a phone, each behind their own PIN', async () => {
  const lock = await phone();
  for (const [id, pin] of [['a', '402913'], ['b', '771204']] as const) {
    await lock.note(session(id, `token of ${id}`), true);
    await lock.setPin(session(id, `token of ${id}`), pin);
  }

  expect((await lock.unlock('a', '771204')).result).toBe('wrong');
  expect((await lock.unlock('b', '771204')).result).toBe('ok');
});

test('no token lies readable in the list of accounts, and a new sign-in wants a new PIN', async () => {
  const lock = await phone();
  await lock.note(session('a', 'first'), true);
  await lock.setPin(session('a', 'first'), '402913');
  expect(JSON.stringify(await new DeviceStore().accounts())).not.toContain('first');

  await lock.note(session('a', 'second'), true);

  expect(lock.of('a')?.seal).toBeNull();
});
