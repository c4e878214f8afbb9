/** Several visits to one plot: which one a correction names, and when a new one may begin. */

import type { Release } from '../db/schema';
import type { OutboxItem } from './item';

/**
 * The submission a new visit to a task corrects: the newest of this phone that the server knows; null when none.
 *
 * Newest in the server's order, for the phone's clock may have been set between two visits. What the server holds
 * without a receipt (a photo could not be sent) came after all that have one: else no new visit would have begun.
 */
export function predecessorOf(
  task_id: string, items: readonly OutboxItem[], releases: readonly Release[],
): string | null {
  const order = ({ receipt_no }: { receipt_no: number | null }) => receipt_no ?? Infinity;
  const known = [...items.filter((item) => item.state === 'received' || item.data_held), ...releases]
    .filter((each) => each.task_id === task_id)
    .sort((a, b) => (order(a) === order(b) ? (a.finished_at < b.finished_at ? 1 : -1) : order(a) < order(b) ? 1 : -1));
  return known[0]?.submission_id ?? null;
}

/**
 * Whether a submission is still on its way, so that its plot needs no visit. One that will not move by itself must not
 * keep the inspector from a new one: where the server does not hold it (the desk rejected it), or where it does and the
 * township has asked for a visit (a photo of it is damaged).
 */
export function isOnItsWay(item: OutboxItem, returned: ReadonlySet<string>): boolean {
  return item.state !== 'received' && !(item.state === 'failed' && (!item.data_held || returned.has(item.task_id)));
}
