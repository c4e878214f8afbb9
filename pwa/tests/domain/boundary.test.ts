import { expect, test } from 'vitest';
import { handlesOf, moveHandle } from '../../src/domain/adjust';
import { areaM2, distanceM, movedBy } from '../../src/domain/area';
import { boundaryFigures, type CapturedRing } from '../../src/domain/boundary';
import { cornerDone, cornerOf } from '../../src/domain/corner';
import { crossingsOf } from '../../src/domain/crossings';
import { overlapWith } from '../../src/domain/overlap';
import { emptyTape, placeTape, traceTape, withCorners } from '../../src/domain/tape';
import { positionOf, vertexIndexes, type Fix } from '../../src/domain/walk';
import { POLICY } from '../policy';
import { fixAt, HERE, positions, rectangle, walkAlong } from '../tracks';

const cornersOf = (places: readonly (readonly [number, number])[], accuracy_m = 4): Fix[] =>
  places.map(([east, north], i) => ({ ...fixAt(east, north, 20 * i, accuracy_m), source: 'average' }));
const open = (places: readonly (readonly [number, number])[]) => places.slice(0, -1);
const FIELD = rectangle(60, 40);

test('ground is taken out of a plot, and its error added', () => {
  const field: CapturedRing = { fixes: walkAlong(FIELD), closed: true };
  const pond: CapturedRing = { method: 'corners', fixes: cornersOf(open(rectangle(20, 10, 10, 10))), closed: true };

  const whole = boundaryFigures(field, [], POLICY);
  const without = boundaryFigures(field, [pond], POLICY);

  expect(without.holes_m2).toBeCloseTo(200, 0);
  expect(without.area_m2).toBeCloseTo(2200, 0);
  expect(without.tolerance_m2).toBeGreaterThan(whole.tolerance_m2);
});

test('corners are judged as corners: independent of each other', () => {
  const figures = boundaryFigures({ method: 'corners', fixes: cornersOf(open(FIELD)), closed: true }, [], POLICY);

  // ¼ Σ σ²|d|² with |d| the diagonal, and the small second term.
  const sigma = 4 / Math.sqrt(-2 * Math.log(0.32));
  expect(figures.area_m2).toBeCloseTo(2400, 0);
  expect(figures.tolerance_m2 / (1.96 * Math.sqrt(sigma ** 2 * (60 ** 2 + 40 ** 2) + 2 * sigma ** 4))).toBeCloseTo(1, 3);
});

test('an average is the middle of its fixes and no surer than they are', () => {
  const corner = cornerOf([fixAt(1, 0, 0, 3), fixAt(-1, 2, 1, 5)], 9_000);

  expect(distanceM(positionOf(corner), movedBy(HERE, 0, 1))).toBeLessThan(0.001);
  expect(corner).toMatchObject({ accuracy_m: 4, t_ms: 9_000, source: 'average' });
  expect([cornerDone(9, 9_000), cornerDone(10, 9_000), cornerDone(3, 10_000), cornerDone(4, 10_000)]).toEqual([false, true, false, true]);
});

test('a clean walk crosses itself nowhere, nor does one that goes on past its start', () => {
  const line = positions(rectangle(60, 40));

  expect(crossingsOf(line.slice(0, -1), true)).toEqual([]);
  expect(crossingsOf(positions([[0, 0], [60, 0], [60, 40], [0, 40], [1, -1], [6, 0.5]]), true)).toEqual([]);
});

test('a figure of eight is found, open or closed; a loop of a metre is not', () => {
  const eight = walkAlong([[0, 0], [60, 0], [0, 40], [60, 40]]);
  const line = vertexIndexes(eight).map((i) => positionOf(eight[i] as Fix));

  const found = crossingsOf(line, true);
  expect(found.some((crossing) => distanceM(crossing.at, movedBy(HERE, 30, 20)) < 3)).toBe(true);
  expect(crossingsOf(positions([[0, 0], [30, 0], [30, 30], [15, -15]]), false)).toHaveLength(1);
  expect(crossingsOf(positions([[0, 0], [30, 0], [31, 1], [30.5, -1], [60, 0], [60, 40], [0, 40]]), true)).toEqual([]);
});

test('what two outlines share is measured whichever way they run', () => {
  const ours = positions(open(FIELD));
  const accuracy = ours.map(() => 4);
  const theirs = positions(rectangle(60, 40, 50, 0));

  expect(overlapWith(ours, accuracy, theirs, POLICY)?.area_m2).toBeCloseTo(400, 0);
  expect(overlapWith([...ours].reverse(), accuracy, theirs, POLICY)?.area_m2).toBeCloseTo(400, 0);
  expect(overlapWith(ours, accuracy, positions(rectangle(10, 10, 5, 5)), POLICY)?.area_m2).toBeCloseTo(100, 1);
  expect(overlapWith(ours, accuracy, positions(rectangle(60, 40, 61, 0)), POLICY)).toBeNull();
  expect(overlapWith(ours, accuracy, positions(rectangle(60, 40, 60, 0)), POLICY)).toBeNull();
});

test('an outline bent inwards counts once', () => {
  const bent = positions([[0, 0], [60, 0], [60, 40], [30, 5], [0, 40]]);
  const strip = positions(rectangle(60, 10, 0, 20));

  // Two pieces of the strip, left and right of the notch that reaches down to 5 m.
  const width = (north: number) => 30 - (30 * (north - 5)) / 35;
  const expected = 60 * 10 - 10 * (60 - width(20) - width(30));
  expect(overlapWith(bent, [4], strip, POLICY)?.area_m2).toBeCloseTo(expected, 0);
});

test('a shallow overlap is what two phones err; a deep one is told apart', () => {
  const ours = positions(open(FIELD));

  expect(overlapWith(ours, [4], positions(rectangle(60, 40, 58, 0)), POLICY)?.significant).toBe(false);
  expect(overlapWith(ours, [4], positions(rectangle(60, 40, 48, 0)), POLICY)?.significant).toBe(true);
  expect(overlapWith(ours, [4], positions(rectangle(4, 4, 5, 5)), POLICY)?.significant).toBe(true);
});

test('a tape gives the triangles it was laid along', () => {
  const tape = { ...emptyTape(), sides_m: [40, 30, 40, 30], diagonals_m: [50], bearing_deg: 90 };
  const traced = traceTape(tape);

  expect(traced && 'area_m2' in traced && traced.area_m2).toBeCloseTo(1200, 6);
  if (!traced || !('corners' in traced)) throw new Error('not traced');
  // Eastward, the plot on the right hand: to the south.
  expect(traced.corners[2]?.north_m).toBeCloseTo(-30, 6);
  expect(areaM2(placeTape(traced.corners, HERE))).toBeCloseTo(1200, 1);
});

test('a tape with a length too many or too few is no plot', () => {
  const tape = { ...emptyTape(), sides_m: [40, 30, 40, 30], diagonals_m: [80] };

  expect(traceTape(tape)).toEqual({ unmet: { corners: [1, 2, 3] } });
  expect(traceTape(emptyTape())).toBeNull();
  expect(withCorners(tape, 5)).toMatchObject({ sides_m: [40, 30, 40, 30, null], diagonals_m: [80, null] });
  expect(withCorners(tape, 3)).toMatchObject({ sides_m: [40, 30, 40], diagonals_m: [] });
});

test('moving a corner of a walk takes its sides along, and no others', () => {
  const fixes = walkAlong(FIELD);
  const handles = handlesOf(fixes, true);
  const corner = 60;

  const moved = moveHandle(fixes, handles, corner, 3, -3);

  expect(handles).toEqual([0, 60, 100, 160]);
  expect(distanceM(positionOf(moved[corner] as Fix), movedBy(HERE, 63, -3))).toBeLessThan(0.01);
  expect(distanceM(positionOf(moved[30] as Fix), movedBy(HERE, 31.5, -1.5))).toBeLessThan(0.01);
  expect(moved.slice(100, 161)).toEqual(fixes.slice(100, 161));
  expect(moved.filter((fix) => fix.source === 'tap')).toHaveLength(59 + 1 + 39);
});

test('every corner placed by itself can be moved alone', () => {
  const fixes = cornersOf(open(FIELD));

  expect(handlesOf(fixes, false)).toEqual([0, 1, 2, 3]);
  expect(moveHandle(fixes, [0, 1, 2, 3], 2, 1, 0).filter((fix) => fix.source === 'tap')).toHaveLength(1);
});
