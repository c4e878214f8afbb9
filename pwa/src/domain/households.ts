/** Every plot of the region under its household (地块), whether anybody has to go there or not. */

import { bearingDeg, distanceM } from './area';
import type { TaskRow } from './tasks';
import type { Household, Ledger, Plot, Position } from './wire';

export interface PlotRow {
  plot: Plot;
  /** Its task, as the task list shows it; null where nobody has to go. */
  row: TaskRow | null;
  distance_m: number | null;
  bearing_deg: number | null;
}

export interface Home {
  household: Household;
  plots: PlotRow[];
  declared_mu: number;
}

/** Households with their plots by number: the nearest first where the position is known, else as the roster has them. */
export function homesOf(ledger: Ledger, rows: readonly TaskRow[], here: Position | null): Home[] {
  const tasks = new Map<string, TaskRow>();
  for (const row of rows) {
    const known = tasks.get(row.plot.id);
    // Of several the one that still waits.
    if (!known || known.state === 'done') tasks.set(row.plot.id, row);
  }
  const plots = new Map<string, PlotRow[]>();
  for (const plot of ledger.plots) {
    const shown = {
      plot, row: tasks.get(plot.id) ?? null,
      distance_m: here && distanceM(here, plot.centre), bearing_deg: here && bearingDeg(here, plot.centre),
    };
    const there = plots.get(plot.household_id);
    if (there) there.push(shown);
    else plots.set(plot.household_id, [shown]);
  }
  const nearest = (home: Home) => Math.min(...home.plots.map(({ distance_m }) => distance_m ?? 0));
  return ledger.households
    .flatMap((household) => {
      const own = plots.get(household.id)?.sort((a, b) => String(a.plot.number).localeCompare(String(b.plot.number), 'zh-Hans-CN', { numeric: true }));
      return own ? [{ household, plots: own, declared_mu: own.reduce((sum, { plot }) => sum + plot.declared_mu, 0) }] : [];
    })
    .sort((a, b) => nearest(a) - nearest(b) || a.household.code.localeCompare(b.household.code));
}
