import { expect, test } from 'vitest';
import { nextPlots } from '../../src/domain/next-plots';
import { todosOf } from '../../src/domain/returned';
import { stepState } from '../../src/domain/steps';
import type { RowState, TaskRow } from '../../src/domain/tasks';
import { tiltDeg } from '../../src/device/inclinometer';

test('a step is not begun, under way, done, or done with something wrong', () => {
  expect(stepState(false, 2, 0)).toEqual({ state: 'todo' });
  expect(stepState(true, 1, 3)).toEqual({ state: 'doing' });
  expect(stepState(true, 0, 0)).toEqual({ state: 'done' });
  expect(stepState(true, 0, 2)).toEqual({ state: 'trouble', n: 2 });
});

test('a return becomes a list of what to do, each at its step', () => {
  expect(todosOf('照片不清，请重拍；边界有误，请重新绕行；株数存疑，请重新清点；找村主任补签；另约时间')).toEqual([
    { text: '照片不清，请重拍', step: 'photos' },
    { text: '边界有误，请重新绕行', step: 'boundary' },
    { text: '株数存疑，请重新清点', step: 'counts' },
    { text: '找村主任补签', step: 'confirm' },
    { text: '另约时间', step: null },
  ]);
});

test("the household's other plots come first, then the nearest household", () => {
  const row = (plot: string, household: string, distance_m: number, state: RowState = 'open') =>
    ({ plot: { id: plot, household_id: household }, household: { id: household }, state, distance_m }) as TaskRow;
  const rows = [row('done', 'h1', 0, 'waiting'), row('far', 'h1', 900), row('near', 'h1', 50), row('b', 'h2', 300), row('c', 'h3', 10), row('d', 'h4', 1, 'done')];
  const next = nextPlots(rows, { id: 'done', household_id: 'h1' });

  expect(next.same.map(({ plot }) => plot.id)).toEqual(['near', 'far']);
  expect(next.other?.plot.id).toBe('c');
});

test('the slope is the angle from level, however the phone is turned on it', () => {
  expect(tiltDeg(0, 0)).toBeCloseTo(0);
  expect(tiltDeg(27, 0)).toBeCloseTo(27);
  expect(tiltDeg(0, -27)).toBeCloseTo(27);
  expect(tiltDeg(-153, 0)).toBeCloseTo(27);
});
