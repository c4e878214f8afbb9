/** The task list (任务): which rows, in which order, under which heading. */

import { bearingDeg, distanceM } from './area';
import { shortWay } from './route';
import type { Attempt, Household, Ledger, Plot, Position, Task } from './wire';

/** What the inspector sees: the server's state, overlaid by what this phone holds. */
export type RowState = 'open' | 'in_progress' | 'waiting' | 'submitted' | 'returned' | 'done';

export interface TaskRow {
  task: Task;
  plot: Plot;
  household: Household;
  state: RowState;
  distance_m: number | null;
  bearing_deg: number | null;
  /** Why the last visit brought no inspection, and when. */
  attempt: Pick<Attempt, 'kind' | 'attempted_at'> | null;
  /** Its place on the way, by which 'route' goes; absent where nobody has to go any more. */
  stop?: number | undefined;
}

export type Order = 'distance' | 'route' | 'roster';

export interface LocalWork {
  /** Tasks with an unfinished capture on this phone. */
  in_progress: ReadonlySet<string>;
  /** Tasks whose submission waits in the outbox. */
  waiting: ReadonlySet<string>;
  /** Tasks whose submission the server has confirmed since the ledger was read. */
  received: ReadonlySet<string>;
  /** Visits without an inspection that were noted on this phone, oldest first. */
  attempts?: readonly Attempt[];
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

/** The latest visit without an inspection of each plot, by this phone or any other. */
function lastAttempts(ledger: Ledger, local: LocalWork): Map<string, TaskRow['attempt']> {
  const last = new Map<string, TaskRow['attempt']>();
  const all = [
    ...(ledger.visits ?? []).flatMap(({ plot_id, at, state }) =>
      (state === 'absent' || state === 'withdrawn' ? [{ plot_id, kind: state, attempted_at: at }] : [])),
    ...(local.attempts ?? []),
  ];
  for (const { plot_id, kind, attempted_at } of all) {
    if ((last.get(plot_id)?.attempted_at ?? '') < attempted_at) last.set(plot_id, { kind, attempted_at });
  }
  return last;
}

export function taskRows(ledger: Ledger, local: LocalWork, here: Position | null): TaskRow[] {
  const plots = new Map(ledger.plots.map((plot) => [plot.id, plot]));
  const households = new Map(ledger.households.map((household) => [household.id, household]));
  const attempts = lastAttempts(ledger, local);
  return ledger.tasks.flatMap((task) => {
    const plot = plots.get(task.plot_id);
    const household = plot && households.get(plot.household_id);
    if (!household) return [];
    return [{
      task, plot, household,
      state: stateOf(task, local),
      distance_m: here && distanceM(here, plot.centre),
      bearing_deg: here && bearingDeg(here, plot.centre),
      attempt: attempts.get(plot.id) ?? null,
    }];
  });
}

const waits = ({ state }: TaskRow) => state === 'open' || state === 'returned' || state === 'in_progress';

/** A short way through all that waits, from where one stands: the place of each task on it, and how long it is. */
export function wayThrough(rows: readonly TaskRow[], here: Position | null): { stops: ReadonlyMap<string, number>; length_m: number } {
  const roster = rows.filter(waits).sort(compareRows('roster'));
  const { stops, length_m } = shortWay(roster, ({ plot }) => plot.centre, here);
  return { stops: new Map(stops.map(({ task }, i) => [task.id, i])), length_m };
}

/** By name, group, code or number, or by the pinyin initials of the name: "zs" finds 张三. */
export function matches(row: TaskRow, query: string): boolean {
  const wanted = query.trim().toLowerCase();
  const { household, plot } = row;
  return [household.head_name, household.group_name, household.code, String(plot.number)]
    .some((text) => text.toLowerCase().includes(wanted)) ||
    (household.initials ?? '').split(' ').some((initials) => initials.startsWith(wanted));
}

function compareRows(order: Order): (a: TaskRow, b: TaskRow) => number {
  const number = (row: TaskRow) => String(row.plot.number);
  return (a, b) =>
    (order === 'distance' ? (a.distance_m ?? 0) - (b.distance_m ?? 0) : 0) ||
    (order === 'route' ? (a.stop ?? Infinity) - (b.stop ?? Infinity) || 0 : 0) ||
    (order === 'distance' ? 0 : a.household.code.localeCompare(b.household.code)) ||
    number(a).localeCompare(number(b), 'zh-Hans-CN', { numeric: true });
}

/**
 * Groups by 屯 within its village: the nearest first where the position is known, or as the roster has them. On a route
 * a 屯 comes as often as the way leads through it.
 */
export function groupRows(rows: readonly TaskRow[], villages: ReadonlyMap<string, string>, order: Order = 'distance'): TaskGroup[] {
  const groups = new Map<string, TaskGroup>();
  let [part, last] = [0, ''];
  for (const row of [...rows].sort(compareRows(order))) {
    const { village_code, group_name } = row.household;
    const home = `${village_code}\n${group_name}`;
    if (order === 'route' && home !== last) part += 1;
    last = home;
    const key = `${part}\n${home}`;
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { name: group_name, village: villages.get(village_code) ?? '', rows: [row] });
  }
  // Rows came in their order, so the groups stand in that of their first rows already.
  if (order !== 'distance') return [...groups.values()];
  return [...groups.values()].sort(
    (a, b) =>
      (a.rows[0]?.distance_m ?? 0) - (b.rows[0]?.distance_m ?? 0) ||
      a.village.localeCompare(b.village, 'zh-Hans-CN') ||
      a.name.localeCompare(b.name, 'zh-Hans-CN'),
  );
}

/** The day of an instant in the phone's zone, as YYYY-MM-DD. */
export function dayOf(at: Date): string {
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, '0')).join('-');
}

/** Where to go next: what was begun, else the nearest that waits; who was not at home today comes last. */
export function nextRow(rows: readonly TaskRow[], order: Order, today: string): TaskRow | null {
  const begun = rows.find((row) => row.state === 'in_progress');
  if (begun) return begun;
  const triedToday = (row: TaskRow) =>
    Number(row.attempt !== null && (row.attempt.kind === 'withdrawn' || dayOf(new Date(row.attempt.attempted_at)) === today));
  const compare = compareRows(order);
  const waiting = rows.filter((row) => row.state === 'open' || row.state === 'returned');
  return waiting.sort((a, b) => triedToday(a) - triedToday(b) || compare(a, b))[0] ?? null;
}

/**
 * Done today, out of what today asks for: what was done, and what still waits and is due; when nothing is due yet, all
 * that waits.
 *
 * @param finished_at when submissions of this phone were finished, by task.
 */
export function todayCount(rows: readonly TaskRow[], finished_at: ReadonlyMap<string, string>, now: Date): { done: number; all: number } {
  const today = dayOf(now);
  const done = rows.filter(({ task }) => {
    const at = finished_at.get(task.id);
    return at !== undefined && dayOf(new Date(at)) === today;
  }).length;
  const waiting = rows.filter(waits);
  const due = waiting.filter(({ task }) => task.due_on !== null && task.due_on <= today);
  return { done, all: done + (due.length > 0 ? due : waiting).length };
}

/** The middle of a village's plots, or of all: where a plot nobody has placed yet is looked for. */
export function villageCentre(ledger: Ledger, village_code: string): Position {
  const homes = new Set(ledger.households.filter((each) => each.village_code === village_code).map(({ id }) => id));
  const placed = ledger.plots.filter(({ centre }) => (centre as Position | null) !== null);
  const near = placed.filter((plot) => homes.has(plot.household_id));
  const plots = near.length > 0 ? near : placed;
  const mean = (of: (position: Position) => number) => plots.reduce((sum, { centre }) => sum + of(centre), 0) / Math.max(1, plots.length);
  return [mean(([lon]) => lon), mean(([, lat]) => lat)];
}

/** A ledger as it came, with somewhere to begin for plots that were added in the field without a fix. */
export function placed(ledger: Ledger): Ledger {
  if (ledger.plots.every(({ centre }) => (centre as Position | null) !== null)) return ledger;
  const villages = new Map(ledger.households.map(({ id, village_code }) => [id, village_code]));
  return {
    ...ledger,
    plots: ledger.plots.map((plot) => ((plot.centre as Position | null) !== null
      ? plot : { ...plot, centre: villageCentre(ledger, villages.get(plot.household_id) ?? '') })),
  };
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
