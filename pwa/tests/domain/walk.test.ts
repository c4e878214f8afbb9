import { expect, test } from 'vitest';
import { muOf } from '../../src/domain/area';
import { mayClose, toleranceM2, usableFixes, walkFigures, type Fix } from '../../src/domain/walk';
import { POLICY } from '../policy';

const PER_LON = 1 / 100_800;
const PER_LAT = 1 / 110_770;

/** A walk round a rectangle at 1 m/s, one fix a second. */
function walk(width_m: number, height_m: number, accuracy_m = 4): Fix[] {
  const round = 2 * (width_m + height_m);
  return Array.from({ length: round }, (_, s) => {
    const east = s < width_m ? s : s < width_m + height_m ? width_m : Math.max(0, 2 * width_m + height_m - s);
    const north = s < width_m ? 0 : Math.min(height_m, s < 2 * width_m + height_m ? s - width_m : round - s);
    return { lon: 109.4 + east * PER_LON, lat: 25.2 + north * PER_LAT, accuracy_m, t_ms: s * 1000, fixed_at: '' };
  });
}

test('three mu walked at four metres are sure to about a tenth', () => {
  const { area_m2, tolerance_m2 } = walkFigures(walk(60, 33), POLICY);

  expect(muOf(area_m2)).toBeCloseTo(2.97, 1);
  expect(tolerance_m2 / area_m2).toBeGreaterThan(0.08);
  expect(tolerance_m2 / area_m2).toBeLessThan(0.25);
});

test('the pocket rule gives the same order: 0.4 times accuracy times perimeter', () => {
  const tolerance = toleranceM2(walk(60, 33), POLICY);

  expect(tolerance / (0.4 * 4 * 186)).toBeGreaterThan(0.6);
  expect(tolerance / (0.4 * 4 * 186)).toBeLessThan(1.6);
});

test('a coarse fix and a jump are kept but do not count', () => {
  const fixes = walk(60, 33);
  const spoilt = fixes.map((fix, i) => (i === 20 ? { ...fix, accuracy_m: 40 } : i === 50 ? { ...fix, lat: fix.lat + 0.001 } : fix));

  expect(usableFixes(spoilt, POLICY.walk)).toHaveLength(fixes.length - 2);
  expect(walkFigures(spoilt, POLICY).ignored_count).toBe(2);
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
