/**
 * Two photos on their way at once, whatever items they belong to: while one waits for its answer, the other has the
 * line. More would only put more bytes at risk each time the line breaks.
 */

export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(at_once = 2) {
    this.#free = at_once;
  }

  /** Do it as soon as there is room; those who wait come in the order they asked. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => { this.#waiting.push(resolve); });
    try {
      return await work();
    } finally {
      // Handed on without being freed: nobody who asks just now gets in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
