/** Where the phone is, shared by all screens that want to know: one watch, however many look. */

import type { Located, Locator, Trouble } from '../device/location';
import { Observable } from './observable';

/** A fix older than this no longer says where the phone is. */
const STALE_MS = 120_000;

export class Whereabouts extends Observable {
  latest: Located | null = null;
  trouble: Trouble | null = null;
  #users = 0;
  #stop: (() => void) | null = null;
  readonly #onFix = new Set<(fix: Located) => void>();

  constructor(readonly locator: Locator) {
    super();
    locator.onAllowed(() => { if (this.trouble === 'denied') this.again(); });
  }

  /** Watch until the returned function is called. `onFix` gets every raw fix. */
  watch(onFix?: (fix: Located) => void): () => void {
    if (onFix) this.#onFix.add(onFix);
    this.#users += 1;
    this.#start();
    return () => {
      if (onFix) this.#onFix.delete(onFix);
      this.#users -= 1;
      if (this.#users === 0) this.#end();
    };
  }

  #end(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #start(): void {
    this.#stop ??= this.locator.watch(
      (fix) => {
        this.latest = fix;
        this.trouble = null;
        for (const each of [...this.#onFix]) each(fix);
        this.changed();
      },
      (trouble) => {
        // Not being found for a moment is daily life in an orchard; the last fix stands until it is stale.
        this.trouble = trouble;
        this.changed();
      },
    );
  }

  /** Permission was given (again), or the inspector wants another try: a watch that was refused never wakes by itself. */
  again(): void {
    this.trouble = null;
    this.#end();
    if (this.#users > 0) this.#start();
    this.changed();
  }

  /** The latest fix if it still means something. */
  get here(): Located | null {
    const { latest } = this;
    return latest && performance.now() - latest.arrived_ms < STALE_MS ? latest : null;
  }

  /** Where a picture is taken: a warm fix at once, else a short wait, else the last one with its own time. */
  async forPhoto(): Promise<Located | null> {
    if (this.latest && performance.now() - this.latest.arrived_ms < 15_000) return this.latest;
    return (await this.locator.once(5_000, 3_000)) ?? this.latest;
  }
}
