/**
 * How large the parts of a photo are: large on a good line, so that few requests are needed; small on one that
 * breaks, so that little is sent twice.
 */

export const KIB = 1024;
export const FIRST_PART_BYTES = 256 * KIB;
const LEAST_PART_BYTES = 16 * KIB;
const MOST_PART_BYTES = 4 * KIB * KIB;
/** A part that took less says the line can carry more. */
const QUICK_MS = 4_000;
/** A part that took longer would be lost dearly. */
const SLOW_MS = 15_000;
/** Good parts in a row before growing: many once a larger one has failed. */
const STREAK = 2;
const STREAK_AFTER_FAILURE = 12;

export class PartSize {
  #bytes = FIRST_PART_BYTES;
  #most = MOST_PART_BYTES;
  #least = LEAST_PART_BYTES;
  /** The smallest size that has failed lately. */
  #failed_bytes = Infinity;
  #streak = 0;

  get bytes(): number {
    return Math.max(Math.min(this.#bytes, this.#most), Math.min(this.#least, this.#most));
  }

  /** What the server allows; null where it says nothing. */
  limit(min_bytes: number | null, max_bytes: number | null): void {
    this.#most = Math.min(MOST_PART_BYTES, max_bytes ?? MOST_PART_BYTES);
    this.#least = Math.max(LEAST_PART_BYTES, min_bytes ?? 0);
  }

  succeeded(took_ms: number): void {
    if (took_ms > SLOW_MS) {
      this.#shrink();
      return;
    }
    if (took_ms > QUICK_MS) return;
    this.#streak += 1;
    const risky = this.#bytes * 2 >= this.#failed_bytes;
    if (this.#streak < (risky ? STREAK_AFTER_FAILURE : STREAK)) return;
    if (risky) this.#failed_bytes = Infinity;
    this.#bytes = Math.min(this.bytes * 2, this.#most);
    this.#streak = 0;
  }

  failed(): void {
    this.#failed_bytes = Math.min(this.#failed_bytes, this.bytes);
    this.#shrink();
  }

  #shrink(): void {
    this.#bytes = Math.max(this.bytes / 2, this.#least);
    this.#streak = 0;
  }
}
