/** Where to go after a plot is finished: the household's other plots first, then the nearest household. */

import type { RowState, TaskRow } from './tasks';

const STILL_TO_DO: readonly RowState[] = ['open', 'in_progress', 'returned'];

export interface NextPlots {
  /** Of the same household. */
  same: TaskRow[];
  /** The first plot of another one. */
  other: TaskRow | null;
}

/** `rows`: all tasks, with distances where the position is known. */
export function nextPlots(rows: readonly TaskRow[], finished: { id: string; household_id: string }): NextPlots {
  const near = rows
    .filter((row) => STILL_TO_DO.includes(row.state) && row.plot.id !== finished.id)
    .sort((a, b) => (a.distance_m ?? 0) - (b.distance_m ?? 0));
  return {
    same: near.filter((row) => row.household.id === finished.household_id),
    other: near.find((row) => row.household.id !== finished.household_id) ?? null,
  };
}
