import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addCount, countBy, nextRow, perMuOf, plantedCount, removeRow, rowsOf, setCount, setRowCount, spacingTyped, tallyOf, type Tally,
} from '../../src/domain/counting';

const fresh = () => tallyOf({ counts: { live: 0, dead: 0, missing: 0 } });
/** 16 living trees in each row, one dead in the first. */
const orchard = (rows: number): Tally => {
  let tally = addCount(setCount(fresh(), 0, 'live', 16), 0, 'dead', 1);
  for (let row = 1; row < rows; row += 1) tally = nextRow(tally);
  return tally;
};

test('the next row repeats the last, and the totals follow from the rows', () => {
  const tally = orchard(11);

  expect(rowsOf(tally)).toHaveLength(11);
  expect(tally.counts).toEqual({ live: 176, dead: 1, missing: 0 });
  expect(setCount(tally, 3, 'live', 10).counts.live).toBe(170);
  expect(removeRow(tally, 0).counts).toEqual({ live: 160, dead: 0, missing: 0 });
});

test('a sample stands for all rows of the plot', () => {
  const sample = setRowCount(countBy(orchard(3), 'sample'), 30);

  expect(sample.counting).toMatchObject({ method: 'sample', row_count: 30 });
  expect(sample.counts).toEqual({ live: 480, dead: 10, missing: 0 });
  expect(countBy(sample, 'rows').counts).toEqual({ live: 48, dead: 1, missing: 0 });
});

test('a sample never has fewer rows in all than were counted', () => {
  expect(setRowCount(countBy(orchard(5), 'sample'), 2).counting.row_count).toBe(5);
});

test('what was counted in one go stays when rows are counted on', () => {
  const taps = tallyOf({ counts: { live: 40, dead: 2, missing: 0 } });

  expect(taps.counting.method).toBe('taps');
  expect(countBy(taps, 'rows').counts).toEqual(taps.counts);
  expect(countBy(orchard(4), 'taps').counts.live).toBe(64);
});

test('no tap makes fewer than no trees', () => {
  expect(addCount(fresh(), 0, 'live', -1).counts.live).toBe(0);
});

test('the totals are the sum of the rows, whatever is tapped', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), state: fc.constantFrom('live' as const, 'dead' as const, 'missing' as const), n: fc.integer({ min: -3, max: 10 }) }),
    fc.record({ kind: fc.constantFrom('next' as const, 'remove' as const) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    let tally = fresh();
    for (const each of steps) {
      const last = rowsOf(tally).length - 1;
      if (each.kind === 'add') tally = addCount(tally, last, each.state, each.n);
      else tally = each.kind === 'next' ? nextRow(tally) : removeRow(tally, last);
    }
    expect(plantedCount(tally.counts)).toBe(rowsOf(tally).reduce((sum, row) => sum + plantedCount(row), 0));
  }));
});

test('spacing tells the density without a fix', () => {
  expect(perMuOf({ in_row_m: 3, between_rows_m: 3.5 })).toBeCloseTo(63.49, 2);
  expect(spacingTyped(3, null)).toBeNull();
  expect(spacingTyped(0, 3)).toBeNull();
});
