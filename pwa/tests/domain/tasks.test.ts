import { expect, test } from 'vitest';
import { groupRows, matches, nextRow, placed, taskRows, todayCount, wayThrough, withLocalWork, type LocalWork } from '../../src/domain/tasks';
import type { Ledger, Position, Task } from '../../src/domain/wire';

const task = (n: number, state: Task['state']): Task => ({ id: `t${n}`, plot_id: `p${n}`, state, due_on: null, return_reason: null });
const ledger = {
  households: [1, 2, 3].map((n) => ({
    id: `h${n}`, code: `RA-${n}`, head_name: ['李秀兰', '覃志强', '韦建国'][n - 1] ?? '', group_name: n === 3 ? '大岭屯' : '上寨屯',
    village_code: 'v', person_count: 4,
  })),
  plots: [1, 2, 3].map((n) => ({
    id: `p${n}`, household_id: `h${n}`, number: String(n), land_type: 'paddy', declared_mu: 2, boundary: null,
    centre: [109.4 + n * 0.001, 25.2] as Position,
  })),
  tasks: [task(1, 'open'), task(2, 'returned'), task(3, 'open'), { ...task(9, 'open') }],
} as unknown as Ledger;
const NOTHING: LocalWork = { in_progress: new Set(), waiting: new Set(), received: new Set() };

test('what this phone holds is said before what the server knew', () => {
  const rows = taskRows(ledger, { ...NOTHING, in_progress: new Set(['t1']), received: new Set(['t3']) }, null);

  expect(rows.map((row) => row.state)).toEqual(['in_progress', 'returned', 'submitted']);
});

test('a task whose plot is not in the ledger is left out rather than shown broken', () => {
  expect(taskRows(ledger, NOTHING, null)).toHaveLength(3);
});

test('the nearest group comes first', () => {
  const rows = taskRows(ledger, NOTHING, [109.403, 25.2]);

  expect(groupRows(rows, new Map()).map((group) => group.name)).toEqual(['大岭屯', '上寨屯']);
  expect(groupRows(rows, new Map())[1]?.rows.map((row) => row.plot.number)).toEqual(['2', '1']);
});

test('search finds name, plot, group and code', () => {
  const rows = taskRows(ledger, NOTHING, null);
  const found = (query: string) => rows.filter((row) => matches(row, query)).map((row) => row.task.id);

  expect(found('志强')).toEqual(['t2']);
  expect(found('大岭')).toEqual(['t3']);
  expect(found('ra-1')).toEqual(['t1']);
  expect(found('')).toHaveLength(3);
});

test('a ledger without the plot being inspected does not take it out of reach', () => {
  const fresh = { ...ledger, plots: ledger.plots.slice(1), households: ledger.households.slice(1), tasks: ledger.tasks.slice(1) };

  expect(taskRows(withLocalWork(fresh, ledger, new Set(['p1'])), NOTHING, null).map((row) => row.plot.id)).toContain('p1');
  expect(withLocalWork(fresh, ledger, new Set()).plots).toHaveLength(2);
  expect(withLocalWork(ledger, ledger, new Set(['p1']))).toBe(ledger);
});

test('pinyin initials find a name, from its beginning', () => {
  const named = { ...ledger, households: ledger.households.map((each, i) => ({ ...each, initials: ['lxl', 'qzq tzq', 'wjg'][i] ?? '' })) };
  const found = (query: string) => taskRows(named, NOTHING, null).filter((row) => matches(row, query)).map((row) => row.task.id);

  expect(found('LX')).toEqual(['t1']);
  expect(found('tz')).toEqual(['t2']);
  expect(found('zq')).toEqual([]);
});

test('by the roster, groups and plots stand as the village listed them', () => {
  const rows = taskRows(ledger, NOTHING, [109.403, 25.2]);

  expect(groupRows(rows, new Map(), 'roster').flatMap((group) => group.rows.map((row) => row.household.code))).toEqual(['RA-1', 'RA-2', 'RA-3']);
});

test('on a route, plots stand as the way leads past them, and what is done comes last', () => {
  const from: Position = [109.4035, 25.2];
  const onWay = (from_ledger: Ledger, local: LocalWork) => {
    const all = taskRows(from_ledger, local, from);
    const { stops, length_m } = wayThrough(all, from);
    return { rows: all.map((row) => ({ ...row, stop: stops.get(row.task.id) })), length_m };
  };
  const { rows, length_m } = onWay(ledger, { ...NOTHING, waiting: new Set(['t3']) });
  const between = { ...ledger, plots: ledger.plots.map((plot) => (plot.id === 'p3' ? { ...plot, centre: [109.4015, 25.2] as Position } : plot)) };
  const through = onWay(between, NOTHING).rows;

  expect(groupRows(rows, new Map(), 'route').map((group) => group.rows.map((row) => row.task.id))).toEqual([['t2', 't1'], ['t3']]);
  expect(length_m).toBeCloseTo(252, 0);
  // 上寨屯, 大岭屯, and 上寨屯 once more.
  expect(groupRows(through, new Map(), 'route').map((group) => group.name)).toEqual(['上寨屯', '大岭屯', '上寨屯']);
  expect(nextRow(rows, 'route', '2026-04-18')?.task.id).toBe('t2');
});

test('what was begun comes next, then the nearest, and who was not at home today last', () => {
  const here: Position = [109.4, 25.2];
  const next = (local: Partial<LocalWork>) => nextRow(taskRows(ledger, { ...NOTHING, ...local }, here), 'distance', '2026-04-18')?.task.id;
  const away = {
    task_id: 't1', plot_id: 'p1', kind: 'absent' as const, reason: '', attempted_at: new Date(2026, 3, 18, 9).toISOString(),
    clock_offset_ms: null, position: null,
  };

  expect(next({})).toBe('t1');
  expect(next({ attempts: [away] })).toBe('t2');
  expect(next({ in_progress: new Set(['t3']) })).toBe('t3');
});

test('today counts what is done out of what is due, or out of all while nothing is due', () => {
  const now = new Date(2026, 3, 18, 12);
  const finished = new Map([['t3', now.toISOString()], ['t9', now.toISOString()]]);
  const count = (due_on: string | null) =>
    todayCount(taskRows({ ...ledger, tasks: [{ ...task(1, 'open'), due_on }, task(2, 'open'), task(3, 'submitted')] }, NOTHING, null), finished, now);

  expect(count(null)).toEqual({ done: 1, all: 3 });
  expect(count('2026-04-17')).toEqual({ done: 1, all: 2 });
});

test('a plot added without a fix is looked for in the middle of its village', () => {
  const centre = null as unknown as Position;
  const unplaced = { ...ledger, plots: ledger.plots.map((plot) => (plot.id === 'p2' ? { ...plot, centre } : plot)) };

  expect(placed(unplaced).plots[1]?.centre[0]).toBeCloseTo(109.402, 6);
  expect(placed(ledger)).toBe(ledger);
});
