import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, expect, test } from 'vitest';
import { DeviceStore, type SignedIn } from '../../src/db/device';

const session = (token: string): SignedIn => ({
  token, expires_at: '', receipt_keys: [], sign_in_again: false,
  user: { id: `user of ${token}`, name: token, display_name: token, grants: [] },
});

beforeEach(() => { indexedDB = new IDBFactory(); });

test('a tab of the inspector who has left does not take the phone from the next one', async () => {
  const [old_tab, new_tab] = [new DeviceStore(), new DeviceStore()];
  await old_tab.putSignedIn(session('a'));
  await new_tab.putSignedIn(session('b'));

  await old_tab.changeSignedIn('a', (old) => ({ ...old, sign_in_again: true }));
  await old_tab.changeSignedIn('a', () => null);

  expect(await new_tab.signedIn()).toEqual(session('b'));
});

test('the open session is changed, and closed', async () => {
  const device = new DeviceStore();
  await device.putSignedIn(session('a'));

  await device.changeSignedIn('a', (old) => ({ ...old, sign_in_again: true }));
  expect(await device.signedIn()).toMatchObject({ token: 'a', sign_in_again: true });
  await device.changeSignedIn('a', () => null);
  expect(await device.signedIn()).toBeNull();
});
