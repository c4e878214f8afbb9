import { expect, test } from 'vitest';
import { muOf } from '../../src/domain/area';
import { boundaryFigures } from '../../src/domain/boundary';
import { gradeOf, lapFixes, lastVertexFixes, mayClose, startGate, usableFixes, vertexIndexes, type Fix } from '../../src/domain/walk';
import { POLICY } from '../policy';
import { fixAt, rectangle, walkAlong } from '../tracks';

const PER_LAT = 1 / 110_770;
const walk = (width_m: number, height_m: number) => walkAlong(rectangle(width_m, height_m));
const figuresOf = (fixes: readonly Fix[]) => boundaryFigures({ fixes, closed: true }, [], POLICY);

test('three mu walked at four metres are sure to about a tenth', () => {
  const { area_m2, tolerance_m2 } = figuresOf(walk(60, 33));

  expect(muOf(area_m2)).toBeCloseTo(2.97, 1);
  expect(tolerance_m2 / area_m2).toBeGreaterThan(0.08);
  expect(tolerance_m2 / area_m2).toBeLessThan(0.25);
});

test('the pocket rule gives the same order: 0.4 times accuracy times perimeter', () => {
  const tolerance = figuresOf(walk(60, 33)).tolerance_m2;

  expect(tolerance / (0.4 * 4 * 186)).toBeGreaterThan(0.6);
  expect(tolerance / (0.4 * 4 * 186)).toBeLessThan(1.6);
});

test('a coarse fix and a jump are kept but do not count', () => {
  const fixes = walk(60, 33);
  const spoilt = fixes.map((fix, i) => (i === 20 ? { ...fix, accuracy_m: 40 } : i === 50 ? { ...fix, lat: fix.lat + 0.001 } : fix));

  expect(usableFixes(spoilt, POLICY.walk)).toHaveLength(fixes.length - 2);
  expect(figuresOf(spoilt).ignored_count).toBe(2);
});

test('a fix after a long silence is no jump', () => {
  const [first, second] = walk(60, 33) as [Fix, Fix];
  const later = { ...second, lat: first.lat + 100 * PER_LAT, t_ms: 60_000 };

  expect(usableFixes([first, later], POLICY.walk)).toHaveLength(2);
});

test('closing is offered back at the start, not before having left it', () => {
  const fixes = walk(60, 33);

  expect(mayClose(fixes, POLICY.walk)).toBe(true);
  expect(mayClose(fixes.slice(0, 90), POLICY.walk)).toBe(false);
  expect(mayClose(fixes.slice(0, 5), POLICY.walk)).toBe(false);
});

test('a walk starts freely on a good fix, with a reason on a fair one, and else not', () => {
  const terms = { ...POLICY.walk, start_accuracy_m: 10, start_with_reason_m: 20 };

  expect([10, 10.1, 20, 20.1].map((accuracy_m) => startGate(accuracy_m, terms))).toEqual(['free', 'reason', 'reason', 'wait']);
  expect(startGate(20, POLICY.walk)).toBe('reason');
  expect([5, 5.1, 15, 15.1].map((accuracy_m) => gradeOf(accuracy_m, terms))).toEqual(['good', 'fair', 'fair', 'poor']);
});

test('a vertex comes every three metres, and takes the fixes after it along when it goes', () => {
  const fixes = Array.from({ length: 10 }, (_, s) => fixAt(1.01 * s, 0, s));

  expect(vertexIndexes(fixes)).toEqual([0, 3, 6, 9]);
  expect(lastVertexFixes(fixes)).toHaveLength(1);
  expect(lastVertexFixes(fixes.slice(0, 9))).toHaveLength(3);
  expect(lastVertexFixes([])).toEqual([]);
});

test('a corner placed by hand is a vertex however near, and no jump however far', () => {
  const fixes = [fixAt(0, 0, 0), { ...fixAt(1, 0, 1), source: 'average' as const }, { ...fixAt(300, 0, 2, 40), source: 'average' as const }];

  expect(vertexIndexes(fixes)).toEqual([0, 1, 2]);
  expect(usableFixes(fixes, POLICY.walk)).toHaveLength(3);
});

test('the second lap is closed by itself, where the first began', () => {
  const first = walk(60, 33);
  const second = walkAlong(rectangle(60, 33), 4, 200);
  const ends = [190_000];

  expect(lapFixes([...first, ...second], ends)).toHaveLength(second.length);
  expect(mayClose([...first, ...second.slice(0, 20)], POLICY.walk, ends)).toBe(false);
  expect(mayClose([...first, ...second], POLICY.walk, ends)).toBe(true);
});
