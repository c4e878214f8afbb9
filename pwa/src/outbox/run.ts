/**
 * One run over the outbox: the data of all items first, then their photos; no item holds up the others. The data of
 * what is finished meanwhile go before the photos that have not begun.
 */

import type { OutboxItem } from './item';
import type { Outside } from './outside';
import { isDue, sendItem, type Outcome } from './sender';

export interface Box {
  /** Every item, read afresh: a capture may have been finished meanwhile. */
  items: () => Promise<OutboxItem[]>;
  readonly outside: Outside;
  /** Nothing may go out now: the account was left, or has to sign in. */
  stopped: () => boolean;
  /** Resolves when an item may have come in. */
  woken: () => Promise<void>;
}

/**
 * answered: somebody on the other side counts, or there was nothing to ask; silent: nobody answers; sign_in: the
 * token is no longer taken; stopped: see Box.
 */
export type Run = 'answered' | 'silent' | 'sign_in' | 'stopped';

/** Items in a row without an answer: the way is closed, not the item bad. */
const SILENT_ITEMS = 2;

/** Send what is due; `eager` skips the waiting times of what waits by itself. */
export async function sendDue({ items, outside, stopped, woken }: Box, eager: boolean): Promise<Run> {
  const due = (each: OutboxItem) => isDue(each, outside.now()) || (eager && each.state === 'queued');
  const settled = new Set<string>();
  const outcomes: Outcome[] = [];
  let silent = 0;
  /** Why no more is begun; what is under way comes to its end all the same. */
  const ends: ('sign_in' | 'stopped')[] = [];
  const errors: unknown[] = [];
  const failed = (error: unknown): undefined => { errors.push(error); };

  const waitingBut = async (tried: ReadonlySet<string>): Promise<OutboxItem[]> =>
    (await items())
      .filter((each) => due(each) && !tried.has(each.submission_id))
      // The unlucky go last, so that one of them never holds up the others.
      .sort((a, b) => a.attempt_count - b.attempt_count);

  const nextOf = async (extent: 'data' | 'all', tried: Set<string>): Promise<OutboxItem | undefined> => {
    const waiting = await waitingBut(tried);
    if (extent === 'data' && tried.size === 0 && waiting.length === 1) return undefined;
    return extent === 'data' ? waiting.find((each) => !each.data_held) : waiting[0];
  };

  const sendOne = async (item: OutboxItem, extent: 'data' | 'all'): Promise<void> => {
    try {
      const outcome = await sendItem(item, outside, extent);
      if (outcome !== 'data') settled.add(item.submission_id);
      if (outcome === 'sign_in') ends.push('sign_in');
      if (outcome === 'halted' || outcome === 'sign_in') return;
      outcomes.push(outcome);
      silent = outcome === 'no_answer' ? silent + 1 : 0;
    } catch (error) {
      failed(error);
    }
  };

  for (const extent of ['data', 'all'] as const) {
    const tried = new Set(settled);
    const under_way = new Set<Promise<void>>();
    // Whose data have had their turn when the photos begin.
    const seen = extent === 'all' ? new Set((await waitingBut(tried)).map((each) => each.submission_id)) : tried;
    // One after the other the data arrive in order; photos of two items share the lanes.
    const at_once = extent === 'data' ? 1 : 2;
    // Manifests that something on the way swallows must not keep back the photos of others: one more is tried.
    silent = Math.min(silent, SILENT_ITEMS - 1);
    for (;;) {
      // Asked for before the items are read: none comes in unheard.
      const news = woken();
      if (stopped()) ends.push('stopped');
      const open = ends.length + errors.length === 0;
      const newcomer = extent === 'all' && open && silent < SILENT_ITEMS
        ? (await waitingBut(seen).catch(failed))?.find((each) => !each.data_held)
        : undefined;
      if (newcomer) {
        seen.add(newcomer.submission_id);
        await sendOne(newcomer, 'data');
        if (settled.has(newcomer.submission_id)) tried.add(newcomer.submission_id);
        continue;
      }
      // No more are under way than may stay without an answer.
      const may = open && errors.length === 0 && under_way.size < at_once && silent + under_way.size < SILENT_ITEMS;
      const item = may ? await nextOf(extent, tried).catch(failed) : undefined;
      if (item) {
        tried.add(item.submission_id);
        const one: Promise<void> = sendOne(item, extent).finally(() => under_way.delete(one));
        under_way.add(one);
      } else if (under_way.size > 0) {
        await Promise.race([...under_way, news]);
      } else {
        break;
      }
    }
    if (errors.length > 0) throw errors[0];
    if (ends[0]) return ends[0];
  }
  return outcomes.length > 0 && outcomes.every((outcome) => outcome === 'no_answer') ? 'silent' : 'answered';
}
