/** How fast photos go out, as far as can be told from the last of them. */

/** Each request counts for so much of the estimate. */
const WEIGHT = 0.3;

export class TransferRate {
  #bytes_per_s: number | null = null;

  add(bytes: number, took_ms: number): void {
    if (bytes <= 0 || took_ms <= 0) return;
    const now = bytes / (took_ms / 1000);
    this.#bytes_per_s = this.#bytes_per_s === null ? now : this.#bytes_per_s * (1 - WEIGHT) + now * WEIGHT;
  }

  /** Seconds for so many bytes; null while nothing is known. */
  secondsFor(bytes: number): number | null {
    return this.#bytes_per_s === null ? null : bytes / this.#bytes_per_s;
  }
}
