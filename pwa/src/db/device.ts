/** What belongs to the phone and not to an account: its id, who is signed in, and how wrong its clock is. */

import type { DBSchema } from 'idb';
import type { Seal } from '../domain/pin';
import type { Order } from '../domain/tasks';
import type { CourierKey, ReceiptKey, User } from '../domain/wire';
import type { Connection, OnStorage } from './connection';
import { MirroredConnection } from './mirrored';

export interface SignedIn {
  /** Empty while the phone is locked: then only the seal of the account holds it. */
  token: string;
  expires_at: string;
  user: User;
  receipt_keys: ReceiptKey[];
  /** What a courier file is sealed for; null from a server that offers none. */
  courier_key?: CourierKey | null;
  /** The server no longer takes the token: capture goes on, sending waits for a new sign-in. */
  sign_in_again: boolean;
}

/** Somebody who has signed in on this phone. */
export interface KnownAccount {
  /** As last kept, without its token. */
  session: SignedIn;
  /** The token under the PIN; null: no PIN is set, or it was got wrong too often. */
  seal: Seal | null;
  wrong_tries: number;
  used_at: string;
}

/** What suits the hand and ear of whoever holds the phone. */
export interface Preferences {
  sound: boolean;
  hand: 'right' | 'left';
  /** How the task list is ordered; absent: by distance. */
  order?: Order;
}

interface DeviceSchema extends DBSchema {
  facts: {
    key: string;
    value: { key: 'device_id'; value: string } | { key: 'signed_in'; value: SignedIn | null } | {
      key: 'clock_offset_ms'; value: number | null;
    } | { key: 'persisted'; value: boolean } | { key: 'accounts'; value: KnownAccount[] } | {
      key: 'seen_ms'; value: number;
    } | { key: 'preferences'; value: Preferences } | { key: 'checked_on'; value: string };
  };
}

export class DeviceStore {
  readonly #db: Connection<DeviceSchema>;

  constructor(onStorage?: OnStorage, onRefilled?: () => void) {
    // Version 2 came with the mirror.
    this.#db = new MirroredConnection<DeviceSchema>('yanshou-device', 2, (db, oldVersion) => {
      if (oldVersion < 1) db.createObjectStore('facts', { keyPath: 'key' });
    }, onStorage, onRefilled);
  }

  /** The id of this browser profile, made once; `remembered` is what outlived a wiped database. */
  async deviceId(remembered: string | null = null): Promise<string> {
    return this.#db.write(['facts'], async (tx) => {
      const store = tx.objectStore('facts');
      const known = await store.get('device_id');
      if (known?.key === 'device_id') return known.value;
      const value = remembered ?? crypto.randomUUID();
      await store.put({ key: 'device_id', value });
      return value;
    });
  }

  async signedIn(): Promise<SignedIn | null> {
    const fact = await this.#db.read(['facts'], (tx) => tx.objectStore('facts').get('signed_in'));
    return fact?.key === 'signed_in' ? fact.value : null;
  }

  async putSignedIn(value: SignedIn | null): Promise<void> {
    await this.#db.write(['facts'], (tx) => tx.objectStore('facts').put({ key: 'signed_in', value }));
  }

  /** Change the session of a token, unless another is open by now: other tabs of the phone write here too. */
  async changeSignedIn(token: string, change: (old: SignedIn) => SignedIn | null): Promise<void> {
    await this.#db.write(['facts'], async (tx) => {
      const store = tx.objectStore('facts');
      const fact = await store.get('signed_in');
      if (fact?.key !== 'signed_in' || fact.value?.token !== token) return;
      await store.put({ key: 'signed_in', value: change(fact.value) });
    });
  }

  /** Server time minus device time at the last contact; null when never known. */
  async clockOffsetMs(): Promise<number | null> {
    const fact = await this.#db.read(['facts'], (tx) => tx.objectStore('facts').get('clock_offset_ms'));
    return fact?.key === 'clock_offset_ms' ? fact.value : null;
  }

  async putClockOffsetMs(value: number | null): Promise<void> {
    await this.#db.write(['facts'], (tx) => tx.objectStore('facts').put({ key: 'clock_offset_ms', value }));
  }

  /** Whether the browser promised to keep the storage, as it answered last. */
  async putPersisted(value: boolean): Promise<void> {
    await this.#db.write(['facts'], (tx) => tx.objectStore('facts').put({ key: 'persisted', value }));
  }

  async persisted(): Promise<boolean | null> {
    const fact = await this.#db.read(['facts'], (tx) => tx.objectStore('facts').get('persisted'));
    return fact?.key === 'persisted' ? fact.value : null;
  }

  async accounts(): Promise<KnownAccount[]> {
    const fact = await this.#db.read(['facts'], (tx) => tx.objectStore('facts').get('accounts'));
    return fact?.key === 'accounts' ? fact.value : [];
  }

  async changeAccounts(change: (old: KnownAccount[]) => KnownAccount[]): Promise<KnownAccount[]> {
    return this.#db.write(['facts'], async (tx) => {
      const store = tx.objectStore('facts');
      const fact = await store.get('accounts');
      const value = change(fact?.key === 'accounts' ? fact.value : []);
      await store.put({ key: 'accounts', value });
      return value;
    });
  }

  /** Device time at which the app was last looked at. */
  async seenMs(): Promise<number | null> {
    const fact = await this.#db.read(['facts'], (tx) => tx.objectStore('facts').get('seen_ms'));
    return fact?.key === 'seen_ms' ? fact.value : null;
  }

  async putSeenMs(value: number): Promise<void> {
    await this.#db.write(['facts'], (tx) => tx.objectStore('facts').put({ key: 'seen_ms', value }));
  }

  async preferences(): Promise<Preferences | null> {
    const fact = await this.#db.read(['facts'], (tx) => tx.objectStore('facts').get('preferences'));
    return fact?.key === 'preferences' ? fact.value : null;
  }

  async putPreferences(value: Preferences): Promise<void> {
    await this.#db.write(['facts'], (tx) => tx.objectStore('facts').put({ key: 'preferences', value }));
  }

  /** The day of the last pre-trip check. */
  async checkedOn(): Promise<string | null> {
    const fact = await this.#db.read(['facts'], (tx) => tx.objectStore('facts').get('checked_on'));
    return fact?.key === 'checked_on' ? fact.value : null;
  }

  async putCheckedOn(value: string): Promise<void> {
    await this.#db.write(['facts'], (tx) => tx.objectStore('facts').put({ key: 'checked_on', value }));
  }
}
