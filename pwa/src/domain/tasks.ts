/** The task list (任务): which rows, in which order, under which heading. */

import { bearingDeg, distanceM } from './area';
import type { Household, Ledger, Plot, Position, Task } from './wire';

/** What the inspector sees: the server's state, overlaid by what this phone holds. */
export type RowState = 'open' | 'in_progress' | 'waiting' | 'submitted' | 'returned' | 'done';

export interface TaskRow {
  task: Task;
  plot: Plot;
  household: Household;
  state: RowState;
  distance_m: number | null;
  bearing_deg: number | null;
}

export interface LocalWork {
  /** Tasks with an unfinished capture on this phone. */
  in_progress: ReadonlySet<string>;
  /** Tasks whose submission waits in the outbox. */
  waiting: ReadonlySet<string>;
  /** Tasks whose submission the server has confirmed since the ledger was read. */
  received: ReadonlySet<string>;
}

export interface TaskGroup {
  name: string;
  village: string;
  rows: TaskRow[];
}

function stateOf(task: Task, local: LocalWork): RowState {
  if (local.in_progress.has(task.id)) return 'in_progress';
  if (local.waiting.has(task.id)) return 'waiting';
  if (local.received.has(task.id) && task.state === 'open') return 'submitted';
  return task.state;
}

export function taskRows(ledger: Ledger, local: LocalWork, here: Position | null): TaskRow[] {
  const plots = new Map(ledger.plots.map((plot) => [plot.id, plot]));
  const households = new Map(ledger.households.map((household) => [household.id, household]));
  return ledger.tasks.flatMap((task) => {
    const plot = plots.get(task.plot_id);
    const household = plot && households.get(plot.household_id);
    if (!household) return [];
    return [{
      task, plot, household,
      state: stateOf(task, local),
      distance_m: here && distanceM(here, plot.centre),
      bearing_deg: here && bearingDeg(here, plot.centre),
    }];
  });
}

export function matches(row: TaskRow, query: string): boolean {
  const wanted = query.trim().toLowerCase();
  const { household, plot } = row;
  return [household.head_name, household.group_name, household.code, String(plot.number)]
    .some((text) => text.toLowerCase().includes(wanted));
}

function compareRows(a: TaskRow, b: TaskRow): number {
  return (
    (a.distance_m ?? 0) - (b.distance_m ?? 0) ||
    String(a.plot.number).localeCompare(String(b.plot.number), 'zh-Hans-CN', { numeric: true })
  );
}

/** Groups by 屯 within its village; the nearest group first where the position is known. */
export function groupRows(rows: readonly TaskRow[], villages: ReadonlyMap<string, string>): TaskGroup[] {
  const groups = new Map<string, TaskGroup>();
  for (const row of [...rows].sort(compareRows)) {
    const { village_code, group_name } = row.household;
    const key = `${village_code}\n${group_name}`;
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { name: group_name, village: villages.get(village_code) ?? '', rows: [row] });
  }
  return [...groups.values()].sort(
    (a, b) =>
      (a.rows[0]?.distance_m ?? 0) - (b.rows[0]?.distance_m ?? 0) ||
      a.village.localeCompare(b.village, 'zh-Hans-CN') ||
      a.name.localeCompare(b.name, 'zh-Hans-CN'),
  );
}

/**
 * A new ledger, with what unfinished or unsent work on this phone still needs from the old one. A plot that moved to
 * another inspector must not take its half-walked boundary out of reach.
 */
export function withLocalWork(fresh: Ledger, old: Ledger | null, plot_ids: ReadonlySet<string>): Ledger {
  const known = new Set(fresh.plots.map((plot) => plot.id));
  const plots = old?.plots.filter((plot) => plot_ids.has(plot.id) && !known.has(plot.id)) ?? [];
  if (!old || plots.length === 0) return fresh;
  const kept = new Set(plots.map((plot) => plot.id));
  const homes = new Set(plots.map((plot) => plot.household_id));
  const there = new Set(fresh.households.map((household) => household.id));
  return {
    ...fresh,
    plots: [...fresh.plots, ...plots],
    households: [
      ...fresh.households,
      ...old.households.filter((household) => homes.has(household.id) && !there.has(household.id)),
    ],
    tasks: [...fresh.tasks, ...old.tasks.filter((task) => kept.has(task.plot_id))],
  };
}
