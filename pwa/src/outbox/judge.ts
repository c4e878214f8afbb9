/** What an answer means for an outbox item, and how long to wait after a failure. */

export type Judgement = 'held' | 'set_aside' | 'sign_in' | 'retry' | 'refused';

/** `undefined` is no answer at all. Only 'held' may let an item go on, and only a receipt lets it rest. */
export function judge(status: number | undefined): Judgement {
  if (status === 200 || status === 201) return 'held';
  if (status === 202) return 'set_aside';
  if (status === 401) return 'sign_in';
  if (status === undefined || status < 400 || [408, 425, 429].includes(status) || status >= 500) return 'retry';
  return 'refused';
}

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;

/** Doubling with full jitter on the upper half, so phones of one office do not knock together. */
export function waitMs(attempt_count: number, random: () => number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, attempt_count - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
