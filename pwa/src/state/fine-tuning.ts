/** Fine-tuning a closed ring (微调): which of its points can be chosen, moved and taken out, and how that is taken back. */

import type { StoredFix } from '../db/schema';
import { handlesOf, moveHandle } from '../domain/adjust';
import { positionOf } from '../domain/walk';

/** The ring that is tuned. */
export interface Tuned {
  fixes(): readonly StoredFix[];
  /** Those of the fixes that make its line. */
  counting(): readonly StoredFix[];
  walked(): boolean;
  /** Show the ring as it becomes, and store what is different. */
  become(fixes: readonly StoredFix[], changed: readonly StoredFix[]): Promise<void>;
}

export class FineTuning {
  /** Fixes as they were before each change, newest last. */
  #before: StoredFix[][] = [];

  constructor(private readonly ring: Tuned) {}

  /** Indexes of the points that can be chosen. */
  get handles(): number[] {
    const fixes = this.ring.fixes();
    const counting = this.ring.counting();
    const at = new Map(fixes.map((fix, i) => [fix, i]));
    return handlesOf(counting, this.ring.walked()).flatMap((i) => at.get(counting[i] as StoredFix) ?? []);
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  forget(): void {
    this.#before = [];
  }

  /** Move a point and what hangs on it; where the phone had them is kept. A fix that was ignored stays so. */
  async move(handle: number, east_m: number, north_m: number): Promise<void> {
    const fixes = this.ring.fixes();
    const counting = this.ring.counting();
    const chosen = counting.findIndex((fix) => fix === fixes[handle]);
    const moved = moveHandle(counting, handlesOf(counting, this.ring.walked()), chosen, east_m, north_m);
    const become = new Map(counting.map((old, i) => [old, moved[i] ?? old]));
    await this.#become(fixes.map((old) => {
      const fix = become.get(old) ?? old;
      return fix === old ? old : { ...fix, moved_from: old.moved_from ?? positionOf(old) };
    }));
  }

  /** Take a point out, with the fixes between its neighbours. */
  async remove(handle: number): Promise<void> {
    const { handles } = this;
    const place = handles.indexOf(handle);
    if (place < 0 || handles.length <= 3) return;
    const before = handles.at(place - 1) ?? handle;
    const after = handles[(place + 1) % handles.length] ?? handle;
    const between = (i: number) => (before < after ? i > before && i < after : i > before || i < after);
    await this.#become(this.ring.fixes().map((fix, i) => (between(i) ? { ...fix, undone: true } : fix)));
  }

  async #become(fixes: readonly StoredFix[]): Promise<void> {
    const changed = fixes.filter((fix, i) => fix !== this.ring.fixes()[i]);
    const seqs = new Set(changed.map((fix) => fix.seq));
    this.#before.push(this.ring.fixes().filter((fix) => seqs.has(fix.seq)));
    await this.ring.become(fixes.filter((fix) => !fix.undone), changed);
  }

  async undo(): Promise<void> {
    const as_were = this.#before.pop();
    if (!as_were) return;
    const seqs = new Set(as_were.map((fix) => fix.seq));
    await this.ring.become([...this.ring.fixes().filter((fix) => !seqs.has(fix.seq)), ...as_were], as_were);
  }
}
