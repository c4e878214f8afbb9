import { expect, test } from 'vitest';
import { offsetNow, sleptMs } from '../../src/domain/clock';

const HOUR = 60 * 60_000;
const START = { wall_ms: 1_000_000, page_ms: 500 };
const after = (wall_ms: number, page_ms: number) => ({ wall_ms: START.wall_ms + wall_ms, page_ms: START.page_ms + page_ms });

test.each([
  ['the page\'s clock stood still for ten minutes', after(600_000, 1_000), 599_000],
  ['both clocks ran on', after(600_000, 600_000), 0],
  ['the clock was set a day ahead', after(24 * HOUR, 1_000), 0],
  ['the clock was set back', after(-8 * HOUR, 1_000), 0],
])('%s', (_name, seen, slept_ms) => {
  expect(sleptMs(START, seen)).toBe(slept_ms);
});

test.each([
  ['nothing happened', after(60_000, 60_000), false, 1_000],
  ['set a day ahead while in view', after(24 * HOUR, 0), false, 1_000 - 24 * HOUR],
  ['set eight hours back, in view or not', after(-8 * HOUR, 0), true, 1_000 + 8 * HOUR],
  ['perhaps asleep for an hour', after(HOUR, 0), true, 1_000],
  ['no phone sleeps a day with its page', after(24 * HOUR, 0), true, 1_000 - 24 * HOUR],
])('the offset to the server when %s', (_name, now, slept, offset_ms) => {
  expect(offsetNow(1_000, START, now, slept)).toBe(offset_ms);
});
