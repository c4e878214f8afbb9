/**
 * How large the parts of a photo are: a quarter of what the line carries between two breaks, for a part that a break hits
 * may have to go again; and no more than goes out in a few seconds, however many photos share the line.
 */

export const KIB = 1024;
export const FIRST_PART_BYTES = 128 * KIB;
const LEAST_PART_BYTES = 8 * KIB;
const MOST_PART_BYTES = 4 * KIB * KIB;
const PARTS_BETWEEN_BREAKS = 4;
const LONGEST_MS = 10_000;

export class PartSize {
  #least = LEAST_PART_BYTES;
  #most = MOST_PART_BYTES;
  /** More is too much for somebody on the way. */
  #ceiling = Infinity;
  /** What the line carries from one break to the next; the last of them counts for half. */
  #between_bytes = FIRST_PART_BYTES * PARTS_BETWEEN_BREAKS;
  #since_bytes = 0;
  /** The server has answered since the last break. */
  #heard = true;
  /** What goes out in LONGEST_MS. */
  #in_time_bytes = Infinity;
  #small = true;

  get bytes(): number {
    const share = Math.max(this.#between_bytes, this.#since_bytes) / PARTS_BETWEEN_BREAKS;
    const most = Math.min(this.#most, this.#ceiling);
    return Math.floor(Math.max(Math.min(share, this.#in_time_bytes, most), Math.min(this.#least, most)));
  }

  /**
   * Size of the part that a run of parts begins with: in turn a whole one and a quarter. Two photos that share the line
   * would else end each part together, as they began, and wait for both answers while nothing goes out.
   */
  opening(): number {
    this.#small = !this.#small;
    return this.#small ? Math.max(Math.floor(this.bytes / 4), 1) : this.bytes;
  }

  /** The server is heard, and says what it allows; null where it says nothing. */
  limit(min_bytes: number | null, max_bytes: number | null): void {
    this.#heard = true;
    this.#most = Math.min(MOST_PART_BYTES, max_bytes ?? MOST_PART_BYTES);
    this.#least = Math.max(LEAST_PART_BYTES, min_bytes ?? 0);
  }

  succeeded(bytes: number, took_ms: number): void {
    this.#heard = true;
    this.#since_bytes += bytes;
    const in_time_bytes = took_ms > 0 ? bytes * LONGEST_MS / took_ms : Infinity;
    // A short one says little of what a long one could have been.
    if (took_ms > LONGEST_MS || in_time_bytes > this.#in_time_bytes) this.#in_time_bytes = in_time_bytes;
  }

  /** A request broke off. Until the server is heard again that is one break, however many requests it ended. */
  failed(): void {
    if (!this.#heard) return;
    this.#heard = false;
    const carried_bytes = Math.min(this.#since_bytes, MOST_PART_BYTES * PARTS_BETWEEN_BREAKS);
    this.#between_bytes = (this.#between_bytes + carried_bytes) / 2;
    this.#since_bytes = 0;
  }

  /** So much at once is not let through, however good the line is. */
  tooLarge(bytes: number): void {
    this.#ceiling = Math.max(bytes / 2, LEAST_PART_BYTES);
  }
}
