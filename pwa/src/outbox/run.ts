/** One run over the outbox: the data of all items first, then their photos; no item holds up the others. */

import type { OutboxItem } from './item';
import type { Outside } from './outside';
import { isDue, sendItem } from './sender';

export interface Box {
  /** Every item, read afresh: a capture may have been finished meanwhile. */
  items: () => Promise<OutboxItem[]>;
  readonly outside: Outside;
  /** Nothing may go out now: the account was left, or has to sign in. */
  stopped: () => boolean;
}

/**
 * answered: somebody on the other side counts, or there was nothing to ask; silent: nobody answers; sign_in: the
 * token is no longer taken; stopped: see Box.
 */
export type Run = 'answered' | 'silent' | 'sign_in' | 'stopped';

/** Items in a row without an answer: the way is closed, not the item bad. */
const SILENT_ITEMS = 2;

/** Send what is due; `eager` skips the waiting times of what waits by itself. */
export async function sendDue({ items, outside, stopped }: Box, eager: boolean): Promise<Run> {
  const due = (each: OutboxItem) => isDue(each, outside.now()) || (eager && each.state === 'queued');
  const settled = new Set<string>();
  let asked = false;
  let answered = false;
  let silent = 0;
  for (const extent of ['data', 'all'] as const) {
    const tried = new Set(settled);
    // Manifests that something on the way swallows must not keep back the photos of others: one more is tried.
    silent = Math.min(silent, SILENT_ITEMS - 1);
    while (silent < SILENT_ITEMS) {
      if (stopped()) return 'stopped';
      const waiting = (await items()).filter((each) => due(each) && !tried.has(each.submission_id));
      // The unlucky go last, so that one of them never holds up the others.
      waiting.sort((a, b) => a.attempt_count - b.attempt_count);
      if (extent === 'data' && tried.size === 0 && waiting.length === 1) break;
      const item = extent === 'data' ? waiting.find((each) => !each.data_held) : waiting[0];
      if (!item) break;
      tried.add(item.submission_id);
      const outcome = await sendItem(item, outside, extent);
      if (outcome !== 'data') settled.add(item.submission_id);
      if (outcome === 'sign_in') return 'sign_in';
      if (outcome === 'halted') continue;
      asked = true;
      answered ||= outcome !== 'no_answer';
      silent = outcome === 'no_answer' ? silent + 1 : 0;
    }
  }
  return answered || !asked ? 'answered' : 'silent';
}
