/** The clock of a walk and the screen it needs: what time a fix has, and for how long nothing could be recorded. */

import type { StoredFix } from '../db/schema';
import { screenAwake } from '../device/wake-lock';
import { reading, sleptMs, type Reading } from '../domain/clock';

/** A pause between fixes longer than this is shown as an interruption. */
export const GAP_MS = 15_000;

export class WalkClock {
  readonly awake = screenAwake();
  /** Hidden since the last fix. */
  was_hidden = false;
  /** Where the walk's clock stood on the page's monotonic clock. */
  #anchor: { t_ms: number; page_ms: number } | null = null;
  #hidden_at: Reading | null = null;
  /** How long the page was hidden while it should have recorded; until the inspector has tapped it away. */
  #away_ms: number | null = null;
  #heard_ms = performance.now();
  #lost = false;

  get runs(): boolean {
    return this.#anchor !== null;
  }

  /** Milliseconds since the first fix; null before it, and after a restart. */
  now(): number | null {
    return this.#anchor && this.#anchor.t_ms + performance.now() - this.#anchor.page_ms;
  }

  startAt(t_ms: number): void {
    this.#anchor = { t_ms, page_ms: performance.now() };
  }

  stop(): void {
    this.#anchor = null;
  }

  /** After a restart the page's clock began anew: the wall clock bridges the gap, whose length is given back. */
  bridge(last: StoredFix): number {
    const away_ms = Math.max(0, Date.now() - Date.parse(last.fixed_at));
    this.startAt(last.t_ms + away_ms);
    return away_ms;
  }

  /** A fix came. */
  heard(): void {
    this.#heard_ms = performance.now();
    this.#lost = false;
    if (this.awake.held()) this.#away_ms = null;
  }

  /** The inspector has seen the interruption. */
  settle(): void {
    this.#heard_ms = performance.now();
    this.#away_ms = null;
    this.#lost = false;
  }

  hidden(): void {
    this.#hidden_at ??= reading();
  }

  seen(recording: boolean): void {
    if (!this.#hidden_at) return;
    const now = reading();
    // The page's clock may have stood still while the phone slept; a clock that was merely set does not count.
    const slept_ms = sleptMs(this.#hidden_at, now);
    if (this.#anchor) this.#anchor.t_ms += slept_ms;
    const away_ms = now.page_ms - this.#hidden_at.page_ms + slept_ms;
    if (recording && away_ms > GAP_MS) this.#away_ms = (this.#away_ms ?? 0) + away_ms;
    this.#hidden_at = null;
  }

  /** How long a recording walk has had no fix, or no screen; null while all is well. `onLost`: called once each time. */
  silentMs(onLost: () => void): number | null {
    const silent_ms = performance.now() - this.#heard_ms;
    if (silent_ms <= GAP_MS) return this.#away_ms;
    if (!this.#lost) {
      this.#lost = true;
      onLost();
    }
    return Math.max(silent_ms, this.#away_ms ?? 0);
  }
}
