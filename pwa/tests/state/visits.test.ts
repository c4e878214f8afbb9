import { expect, test } from 'vitest';
import type { Capture } from '../../src/db/schema';
import { joinsSaidOf } from '../../src/state/visits';

const capture = (plot_id: string, started_at: string, ...joins: [string, boolean][]) =>
  ({ plot_id, started_at, joins: joins.map(([other, joined]) => ({ plot_id: other, joined })) }) as Capture;

test('a ridge has two sides: what was said at one plot holds at the other, the last word counting', () => {
  const captures = [
    capture('a', '2026-04-02T03:00:00Z', ['b', true], ['c', false]),
    capture('a', '2026-04-02T02:00:00Z', ['b', false]),
    { ...capture('c', '2026-04-02T04:00:00Z'), joins: undefined } as unknown as Capture,
  ];

  expect(joinsSaidOf(captures, 'b')).toEqual([{ plot_id: 'a', joined: true }]);
  expect(joinsSaidOf(captures, 'c')).toEqual([{ plot_id: 'a', joined: false }]);
  expect(joinsSaidOf(captures, 'a')).toEqual([]);
});
