/** What suits whoever holds the phone: which hand, and whether it may sound. It belongs to the phone, not to an account. */

import type { DeviceStore, Preferences } from '../db/device';
import { Observable } from './observable';

export class Preferring extends Observable {
  value: Preferences = { sound: true, hand: 'right' };

  constructor(private readonly device: DeviceStore) {
    super();
  }

  async load(): Promise<void> {
    this.value = (await this.device.preferences()) ?? this.value;
    this.#show();
  }

  async choose(change: Partial<Preferences>): Promise<void> {
    this.value = { ...this.value, ...change };
    this.#show();
    this.changed();
    await this.device.putPreferences(this.value);
  }

  #show(): void {
    // The style sheet mirrors the clusters of keys below this class.
    document.documentElement.classList.toggle('hand-left', this.value.hand === 'left');
  }
}
