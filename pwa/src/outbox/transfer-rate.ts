/** How fast photos go out, as far as can be told from the last of them; those under way at once share the line. */

/** The last request counts for so much of the estimate. */
const WEIGHT = 0.3;

export class TransferRate {
  #bytes = 0;
  #took_ms = 0;
  #counted_until_ms = -Infinity;

  add(bytes: number, began_ms: number, ended_ms: number): void {
    if (bytes <= 0) return;
    // The time that another request has been counted for is not counted twice.
    const took_ms = Math.max(0, ended_ms - Math.max(began_ms, this.#counted_until_ms));
    this.#counted_until_ms = ended_ms;
    this.#bytes = this.#bytes * (1 - WEIGHT) + bytes;
    this.#took_ms = this.#took_ms * (1 - WEIGHT) + took_ms;
  }

  /** Seconds for so many bytes; null while nothing is known. */
  secondsFor(bytes: number): number | null {
    return this.#took_ms > 0 ? (bytes * this.#took_ms) / this.#bytes / 1000 : null;
  }
}
