import { expect, test } from 'vitest';
import { homesOf } from '../../src/domain/households';
import type { TaskRow } from '../../src/domain/tasks';
import type { Household, Ledger, Plot } from '../../src/domain/wire';
import { positions } from '../tracks';

const household = (id: string) => ({ id, code: id, head_name: id, group_name: '', village_code: '' }) as Household;
const plot = (id: string, household_id: string, number: number, east_m: number) =>
  ({ id, household_id, number, declared_mu: 1.5, centre: positions([[east_m, 0]])[0] }) as Plot;

const LEDGER = {
  households: [household('a'), household('b'), household('c')],
  plots: [plot('a2', 'a', 2, 500), plot('a1', 'a', 1, 900), plot('b1', 'b', 1, 100)],
} as Ledger;

test('a household stands where its nearest plot is, with all its plots by number, its task or none', () => {
  const task = { plot: { id: 'a1' }, state: 'open' } as TaskRow;
  const done = { plot: { id: 'a1' }, state: 'done' } as TaskRow;
  const homes = homesOf(LEDGER, [done, task], positions([[0, 0]])[0] ?? null);

  expect(homes.map((home) => home.household.id)).toEqual(['b', 'a']);
  expect(homes[1]?.plots.map(({ plot: { id }, row }) => [id, row?.state])).toEqual([['a1', 'open'], ['a2', undefined]]);
  expect(homes[1]?.declared_mu).toBe(3);
  expect(homes[0]?.plots[0]?.distance_m).toBeCloseTo(100, 0);
});

test('without a position households stand as the roster has them', () => {
  expect(homesOf(LEDGER, [], null).map((home) => home.household.id)).toEqual(['a', 'b']);
});
