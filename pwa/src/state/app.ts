/** The app as a whole: who is signed in, whether the server answers, how wrong the clock is. */

import { Api } from '../api';
import { troubleOf, type StorageTrouble } from '../db/connection';
import { DeviceStore, type SignedIn } from '../db/device';
import { beginNewLog, storesInLevelDb } from '../db/new-log';
import { askToBeWoken } from '../device/background-sync';
import { rememberDeviceId, rememberedDeviceId } from '../device/device-id';
import { browserLocator } from '../device/location';
import { onNetworkChange } from '../device/network';
import { freeBytes, LEAST_FREE_BYTES } from '../device/space';
import { offsetNow, reading, type Reading } from '../domain/clock';
import type { Session } from '../domain/wire';
import { usableCourierKey } from '../outbox/courier';
import { languageTag } from '../text';
import { Account } from './account';
import { Lock, type Unlocked } from './lock';
import { Observable } from './observable';
import { Preferring } from './preferences';
import { Whereabouts } from './whereabouts';

export type SignInResult = 'ok' | 'bad_credentials' | 'too_many_attempts' | 'no_answer' | 'refused';

function isSession(value: unknown): value is Session & { token?: string } {
  const session = value as Partial<Session> | null;
  return typeof session?.user?.id === 'string' && Array.isArray(session.receipt_keys?.keys);
}

function courierKeyOf(session: Session) {
  return usableCourierKey(session.courier_key) ? session.courier_key : null;
}

export class App extends Observable {
  readonly device = new DeviceStore((trouble) => { this.#setStorage('device', trouble); }, () => { this.#setRefilled(); });
  readonly lock = new Lock(this.device);
  readonly preferring = new Preferring(this.device);
  readonly whereabouts = new Whereabouts(browserLocator);
  readonly api: Api;
  device_id = '';
  signed_in: SignedIn | null = null;
  account: Account | null = null;
  /** Whether the server answered the last time; null before the first try. `navigator.onLine` is never asked. */
  in_contact: boolean | null = null;
  persisted: boolean | null = null;
  /** The day of the last pre-trip check, as YYYY-MM-DD. */
  checked_on: string | null = null;
  /** The phone's store was damaged, and filled again from its mirror. */
  refilled = false;
  /** Room the browser still gives, null where it does not say. */
  free_bytes: number | null = null;
  /** What goes well with one of the two databases says nothing about the other. */
  readonly #troubles: Record<'account' | 'device', StorageTrouble | null> = { account: null, device: null };
  #contact_at_ms = -Infinity;
  #following: Promise<void> = Promise.resolve();
  #offset: { measured_ms: number; at: Reading; slept: boolean } | null = null;

  constructor() {
    super();
    this.api = new Api({
      token: () => this.signed_in?.token || null,
      language: languageTag,
      onClockOffset: (offset_ms) => {
        this.#offset = { measured_ms: offset_ms, at: reading(), slept: false };
        void this.device.putClockOffsetMs(offset_ms).catch(() => undefined);
      },
      onContact: (answered) => {
        if (answered) this.#contact_at_ms = performance.now();
        this.#setContact(answered);
      },
    });
  }

  /** Server time minus device time, also after the phone's clock was set; null when never known. */
  get clock_offset_ms(): number | null {
    const known = this.#offset;
    return known && offsetNow(known.measured_ms, known.at, reading(), known.slept);
  }

  /** Why the last write to the phone's store failed; null when it went well. */
  get storage_trouble(): StorageTrouble | null {
    return this.#troubles.account ?? this.#troubles.device;
  }

  #setStorage(of: 'account' | 'device', trouble: StorageTrouble | null): void {
    if (this.#troubles[of] === trouble) return;
    this.#troubles[of] = trouble;
    this.changed();
  }

  #setRefilled(): void {
    this.refilled = true;
    this.changed();
  }

  #setContact(value: boolean): void {
    if (this.in_contact === value) return;
    this.in_contact = value;
    this.changed();
  }

  /** Read who is signed in, and listen. A store that cannot be read is told; the app is there and tries again. */
  async start(): Promise<void> {
    try {
      await this.#recall();
    } catch (error) {
      if (!troubleOf(error)) throw error;
      this.device_id ||= rememberedDeviceId() ?? crypto.randomUUID();
    }
    // Without room for it the phone is as safe as its browser makes it.
    if (storesInLevelDb(navigator.userAgent)) void beginNewLog().catch(() => undefined);
    window.addEventListener('online', () => void this.keepInTouch(true));
    window.addEventListener('offline', () => { this.#setContact(false); });
    window.addEventListener('focus', () => void this.keepInTouch(false));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') {
        void this.#lockIfAway().then(() => this.keepInTouch(false));
        return;
      }
      if (this.#offset) {
        // Of the clock as it is set now: the next start reads it as such.
        void this.device.putClockOffsetMs(this.clock_offset_ms).catch(() => undefined);
        this.#offset.slept = true;
      }
      if (!this.locked) void this.lock.seen(true).catch(() => undefined);
    });
    onNetworkChange(() => void this.keepInTouch(true));
    setInterval(() => void this.keepInTouch(false), 30_000);
  }

  async #recall(): Promise<void> {
    this.device_id = await this.device.deviceId(rememberedDeviceId());
    rememberDeviceId(this.device_id);
    const offset_ms = await this.device.clockOffsetMs();
    // Earlier than when the app was last seen: the clock was set since the offset was measured, by nobody knows how much.
    const set_back = Date.now() < ((await this.device.seenMs()) ?? 0);
    if (set_back) await this.device.putClockOffsetMs(null).catch(() => undefined);
    else if (offset_ms !== null) this.#offset ??= { measured_ms: offset_ms, at: reading(), slept: false };
    await Promise.all([this.lock.load(), this.preferring.load()]);
    this.checked_on = await this.device.checkedOn();
    await this.#follow();
    if (this.signed_in && (await this.lock.mustAsk(this.signed_in.user.id))) await this.lockNow();
    await this.#askToPersist(false);
  }

  /** Send what waits; with nothing to send, ask now and then whether the server is there. */
  async keepInTouch(eager: boolean): Promise<void> {
    await this.#follow().catch(() => undefined);
    const { account } = this;
    if (!account || !this.signed_in || this.locked || this.signed_in.sign_in_again) return;
    if (document.visibilityState === 'visible') void this.lock.seen().catch(() => undefined);
    const asked_ms = performance.now();
    if (!account.loaded) await account.load();
    void this.lookAtSpace();
    await account.send(eager);
    if (account.moving && !account.choices.paused) void askToBeWoken().catch(() => undefined);
    const silent_ms = asked_ms - this.#contact_at_ms;
    if (this.#contact_at_ms < asked_ms && document.visibilityState === 'visible' && (eager || silent_ms > 60_000)) {
      await this.refreshSession();
    }
    // An app killed right after its first sign-in has stored no ledger, and one whose answer was cut neither.
    const without = account.loaded && !account.copy && account.refreshed !== 'refused';
    if (without && this.in_contact) await account.refreshLedger();
  }

  async #openAccount(user_id: string): Promise<Account> {
    const account = new Account(user_id, {
      api: this.api,
      receiptKeys: () => this.signed_in?.receipt_keys ?? [],
      refreshKeys: () => this.refreshSession(),
      mustSignInAgain: () => this.locked || this.signed_in?.sign_in_again !== false,
      device_id: () => this.device_id,
      speaksFor: (id) => this.signed_in?.user.id === id && !this.locked,
      onStorage: (trouble) => { this.#setStorage('account', trouble); },
      onRefilled: () => { this.#setRefilled(); },
      askToSignIn: () => this.#change((old) => ({ ...old, sign_in_again: true })),
    });
    await account.load();
    return account;
  }

  /** Be signed in as this from now on, in every tab. */
  async #keep(signed_in: SignedIn, is_new = false): Promise<void> {
    await this.device.putSignedIn(signed_in);
    await this.lock.note(signed_in, is_new);
    await this.#follow();
  }

  /** Change what is stored of the session that is open here. */
  async #change(change: (old: SignedIn) => SignedIn | null): Promise<void> {
    const { signed_in } = this;
    if (signed_in) await this.device.changeSignedIn(signed_in.token, change);
    await this.#follow();
    if (signed_in && this.signed_in?.token === signed_in.token) await this.lock.note(this.signed_in, false);
  }

  /**
   * Be who the phone's store says is signed in. Whoever signs in or out in one tab does so in all: on a shared phone
   * nobody stays in view in a forgotten one. One at a time, each with what is stored by then.
   */
  #follow(): Promise<void> {
    const next = this.#following.then(async () => {
      const stored = await this.device.signedIn();
      const before = this.account;
      if (stored?.user.id !== before?.user_id) this.#setStorage('account', null);
      const account = stored?.user.id === before?.user_id ? before : stored && (await this.#openAccount(stored.user.id));
      const same = account === before && JSON.stringify(stored) === JSON.stringify(this.signed_in);
      this.signed_in = stored;
      this.account = account;
      if (account !== before) before?.close();
      if (!same) this.changed();
    });
    this.#following = next.catch(() => undefined);
    return next;
  }

  async refreshSession(): Promise<void> {
    const asked = this.signed_in;
    const { status, body } = await this.api.session();
    if (!asked || this.locked || this.signed_in?.token !== asked.token) return;
    if (status === 401) await this.#change((old) => ({ ...old, sign_in_again: true }));
    if (status === 200 && isSession(body) && body.user.id === asked.user.id) {
      const { expires_at, user, receipt_keys } = body;
      await this.#change((old) => ({
        ...old, expires_at, user, receipt_keys: receipt_keys.keys, courier_key: courierKeyOf(body),
      }));
    }
  }

  async signIn(name: string, password: string): Promise<SignInResult> {
    const { status, body } = await this.api.signIn(name, password, this.device_id);
    if (status === undefined || status >= 500) return 'no_answer';
    if (status === 401) return 'bad_credentials';
    if (status === 429) return 'too_many_attempts';
    if (status !== 201 || !isSession(body) || typeof body.token !== 'string') {
      return status < 400 ? 'no_answer' : 'refused';
    }
    const { token, expires_at, user, receipt_keys } = body;
    await this.#keep({ token, expires_at, user, receipt_keys: receipt_keys.keys, courier_key: courierKeyOf(body), sign_in_again: false }, true);
    // Firefox asks the user and answers when they have; nothing waits for that.
    void this.#askToPersist(true);
    void this.account?.refreshLedger();
    void this.account?.send(true);
    return 'ok';
  }

  /** Forget the token. What the account captured stays in its own database. */
  async signOut(): Promise<void> {
    // The server is told if it is there; the phone forgets in any case.
    const told = this.api.signOut();
    if (this.signed_in) await this.lock.forget(this.signed_in.user.id);
    await this.#change(() => null);
    await told;
  }

  /** The pre-trip check was gone through. */
  async noteCheck(day: string): Promise<void> {
    this.checked_on = day;
    this.changed();
    await this.device.putCheckedOn(day);
  }

  // The PIN

  get locked(): boolean {
    return this.signed_in?.token === '';
  }

  get hasPin(): boolean {
    return Boolean(this.lock.of(this.signed_in?.user.id)?.seal);
  }

  /** Ask for the PIN from now on; does nothing where none is set. */
  async lockNow(): Promise<void> {
    if (!this.signed_in || !this.hasPin) return;
    const { token } = this.signed_in;
    try {
      // On disk before it is shown: a phone killed the moment after stays locked.
      await this.device.changeSignedIn(token, (old) => ({ ...old, token: '' }));
    } finally {
      if (this.signed_in.token === token) this.signed_in = { ...this.signed_in, token: '' };
      this.changed();
    }
    await this.#follow();
  }

  async #lockIfAway(): Promise<void> {
    if (this.signed_in && !this.locked && (await this.lock.mustAsk(this.signed_in.user.id))) await this.lockNow();
  }

  async setPin(pin: string): Promise<void> {
    if (!this.signed_in || this.locked) return;
    await this.lock.setPin(this.signed_in, pin);
    this.changed();
  }

  async removePin(): Promise<void> {
    if (!this.signed_in || this.locked) return;
    await this.lock.forget(this.signed_in.user.id);
    this.changed();
  }

  /** Open an account of this phone with its PIN, without a network; the one before is closed. */
  async unlock(user_id: string, pin: string): Promise<Unlocked> {
    const unlocked = await this.lock.unlock(user_id, pin);
    if (unlocked.result === 'ok') {
      await this.#keep(unlocked.signed_in);
      void this.keepInTouch(true);
    }
    this.changed();
    return unlocked;
  }

  /** Ask the browser to keep the storage, as a person wants it. */
  async protectStorage(): Promise<void> {
    await this.#askToPersist(true);
  }

  async #askToPersist(ask: boolean): Promise<void> {
    const storage = navigator.storage as StorageManager | undefined;
    if (!storage?.persist) return;
    const answered = ask ? await storage.persist() : await storage.persisted();
    this.persisted = answered;
    this.changed();
    await this.device.putPersisted(answered);
  }

  /** Read how much room is left, as far as the browser says. */
  async lookAtSpace(): Promise<void> {
    this.free_bytes = await freeBytes();
    this.changed();
  }

  get spaceShort(): boolean {
    return this.free_bytes !== null && this.free_bytes < LEAST_FREE_BYTES;
  }
}
