/** Sending without a page: the service worker was woken, and the phone lies in a pocket. */

import { Api } from '../api';
import { DeviceStore } from '../db/device';
import { Sending } from './sending';

/**
 * Send what waits in the name of whoever is signed in; false when some of it still waits, so that the browser tries
 * again. The rules are the page's own, and so is the lock: never two senders at once.
 *
 * Ends soon after `leaving` is aborted: what is under way is broken off as by a lost network, nothing more is begun.
 */
export async function sendInBackground(leaving: AbortSignal): Promise<boolean> {
  const device = new DeviceStore();
  const signed_in = await device.signedIn();
  if (!signed_in?.token || signed_in.sign_in_again) return true;
  const { token, user } = signed_in;
  const device_id = await device.deviceId();
  const session = { ended: false };
  const api = new Api({ token: () => token, language: () => 'zh-CN', onClockOffset: () => undefined, onContact: () => undefined, leaving });
  const account = new Sending(user.id, {
    api,
    receiptKeys: () => signed_in.receipt_keys,
    // A newer key is fetched by the page; until then the receipt is kept as not verified.
    refreshKeys: () => Promise.resolve(),
    mustSignInAgain: () => session.ended,
    askToSignIn: async () => {
      session.ended = true;
      await device.changeSignedIn(token, (old) => ({ ...old, sign_in_again: true }));
    },
    device_id: () => device_id,
    speaksFor: (id) => id === user.id && !leaving.aborted,
    onStorage: () => undefined,
    onRefilled: () => undefined,
  });
  try {
    await account.load();
    await account.send(true);
    return session.ended || !account.moving || (account.hindrance !== null && !leaving.aborted);
  } finally {
    account.close();
  }
}
