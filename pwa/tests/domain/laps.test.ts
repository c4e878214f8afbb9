import { describe, expect, test } from 'vitest';
import vectors from '../../../tests/payloads/lap-vectors.json';
import { boundaryFigures } from '../../src/domain/boundary';
import { intervalFactor, ringOf } from '../../src/domain/accuracy';
import { splitLaps } from '../../src/domain/laps';
import { positionOf, type Fix } from '../../src/domain/walk';
import { POLICY } from '../policy';
import { rectangle, walkAlong } from '../tracks';

const onPlane = (fixes: readonly Fix[]) =>
  ringOf(fixes.map(positionOf), fixes.map((fix) => fix.accuracy_m), fixes.map((fix) => fix.t_ms / 1000), 0.68);

describe('phone and server agree on the mean of laps', () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const policy = { ...POLICY, confidence: vector.confidence, accuracy_confidence: vector.accuracy_confidence };
    const fixes = vector.ring.slice(0, -1).map(([lon = 0, lat = 0], i): Fix => ({
      lon, lat, accuracy_m: vector.accuracy_m[i] ?? NaN, t_ms: (vector.timestamps_s[i] ?? NaN) * 1000, fixed_at: '',
    }));

    const figures = boundaryFigures({ fixes, closed: true }, [], policy);

    expect(figures.lap_areas_m2).toHaveLength(vector.laps);
    expect(figures.laps_agree).toBe(vector.agree);
    expect(Math.abs(figures.area_m2 / vector.area_m2 - 1)).toBeLessThan(1e-6);
    const half_m2 = intervalFactor(vector.confidence) * vector.area_se_m2;
    expect(Math.abs(figures.tolerance_m2 / half_m2 - 1)).toBeLessThan(1e-4);
  });
});

test('one lap is no two, though it comes near its start on the way', () => {
  const hourglass = walkAlong([[0, 0], [40, 20], [40, -20], [3, -2], [-40, -20], [-40, 20], [0, 0]]);

  expect(splitLaps(onPlane(walkAlong(rectangle(60, 33))))).toEqual([]);
  expect(splitLaps(onPlane(hourglass))).toEqual([]);
});

test('while the second lap is walked the first one stands', () => {
  const first = walkAlong(rectangle(60, 33));
  const half = walkAlong(rectangle(60, 33), 4, 200).slice(0, 90);

  const alone = boundaryFigures({ fixes: first, closed: true }, [], POLICY);
  const underway = boundaryFigures({ fixes: [...first, ...half], lap_ends_t_ms: [190_000], closed: false }, [], POLICY);

  expect(underway.area_m2).toBe(alone.area_m2);
  expect(underway.perimeter_m).toBe(alone.perimeter_m);
  expect(underway.lap_areas_m2).toEqual([]);
});

test('two laps are surer than one', () => {
  const first = walkAlong(rectangle(60, 33));
  const both = [...first, ...walkAlong(rectangle(60, 33), 4, 200)];

  const one = boundaryFigures({ fixes: first, closed: true }, [], POLICY);
  const two = boundaryFigures({ fixes: both, lap_ends_t_ms: [190_000], closed: true }, [], POLICY);

  expect(two.lap_areas_m2).toHaveLength(2);
  expect(two.tolerance_m2).toBeLessThan(0.85 * one.tolerance_m2);
  expect(two.area_m2 / one.area_m2).toBeCloseTo(1, 2);
});
