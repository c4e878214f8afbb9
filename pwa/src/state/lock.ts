/**
 * Who uses this phone, and whether it asks for the PIN. Locking takes the token off the disk and out of memory; ledger,
 * captures and outbox stay where they are, and wait.
 */

import type { DeviceStore, KnownAccount, SignedIn } from '../db/device';
import { awayTooLong, openSeal, PIN_TRIES, sealToken } from '../domain/pin';

/** 'password': there is no PIN (any more), the account opens online only. */
export type Unlocked = { result: 'ok'; signed_in: SignedIn } | { result: 'wrong'; tries_left: number } | { result: 'password' };

const SEEN_EVERY_MS = 5 * 60_000;

export class Lock {
  known: KnownAccount[] = [];
  #seen_ms = 0;

  constructor(private readonly device: DeviceStore) {}

  async load(): Promise<void> {
    this.known = await this.device.accounts();
  }

  of(user_id: string | undefined): KnownAccount | undefined {
    return this.known.find((each) => each.session.user.id === user_id);
  }

  async #put(user_id: string, change: (old: KnownAccount | undefined) => KnownAccount): Promise<void> {
    this.known = await this.device.changeAccounts((all) => {
      const old = all.find((each) => each.session.user.id === user_id);
      return [change(old), ...all.filter((each) => each !== old)];
    });
  }

  /** A session as it is kept now. A new token has no PIN yet: the old seal holds the old token. */
  async note(session: SignedIn, is_new: boolean): Promise<void> {
    await this.#put(session.user.id, (old) => ({
      session: { ...session, token: '' },
      seal: is_new ? null : (old?.seal ?? null),
      wrong_tries: is_new ? 0 : (old?.wrong_tries ?? 0),
      used_at: new Date().toISOString(),
    }));
  }

  /** The token is worth nothing any more; the name stays, so that the next sign-in is short. */
  async forget(user_id: string): Promise<void> {
    const account = this.of(user_id);
    if (account) await this.#put(user_id, (old) => ({ ...(old ?? account), seal: null, wrong_tries: 0 }));
  }

  async setPin(session: SignedIn, pin: string): Promise<void> {
    const seal = await sealToken(session.token, pin);
    await this.#put(session.user.id, (old) => ({
      session: { ...session, token: '' }, seal, wrong_tries: 0, used_at: old?.used_at ?? new Date().toISOString(),
    }));
    await this.seen(true);
  }

  async unlock(user_id: string, pin: string): Promise<Unlocked> {
    const account = this.of(user_id);
    if (!account?.seal) return { result: 'password' };
    // Counted before it is tried: closing the app must not buy another try.
    const wrong_tries = account.wrong_tries + 1;
    await this.#put(user_id, (old) => ({ ...(old ?? account), wrong_tries }));
    const token = await openSeal(account.seal, pin);
    if (token === null && wrong_tries < PIN_TRIES) return { result: 'wrong', tries_left: PIN_TRIES - wrong_tries };
    const used_at = new Date().toISOString();
    await this.#put(user_id, (old) => ({
      ...(old ?? account), wrong_tries: 0, used_at, ...(token === null && { seal: null }),
    }));
    if (token === null) return { result: 'password' };
    await this.seen(true);
    return { result: 'ok', signed_in: { ...account.session, token } };
  }

  /** The phone is being looked at, or was until now. */
  async seen(now = false): Promise<void> {
    const at_ms = Date.now();
    if (!now && Math.abs(at_ms - this.#seen_ms) < SEEN_EVERY_MS) return;
    this.#seen_ms = at_ms;
    await this.device.putSeenMs(at_ms);
  }

  async mustAsk(user_id: string): Promise<boolean> {
    return Boolean(this.of(user_id)?.seal) && awayTooLong(await this.device.seenMs(), Date.now());
  }
}
