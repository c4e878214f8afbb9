import { describe, expect, test } from 'vitest';
import vectors from '../../../tests/payloads/area-vectors.json';
import { areaM2, distanceM, muOf, perimeterM } from '../../src/domain/area';
import type { Position } from '../../src/domain/wire';

describe('phone and server agree on area', () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const ring = vector.ring as unknown as Position[];
    const holes = ('holes' in vector ? vector.holes : []) as unknown as Position[][];

    const area_m2 = holes.reduce((left, hole) => left - areaM2(hole), areaM2(ring));
    const perimeter_m = holes.reduce((sum, hole) => sum + perimeterM(hole), perimeterM(ring));

    expect(Math.abs(area_m2 / vector.area_m2 - 1)).toBeLessThan(1e-6);
    expect(Math.abs(perimeter_m / vector.perimeter_m - 1)).toBeLessThan(1e-6);
  });
});

test('a ring may be open or closed, and walked either way', () => {
  const open: Position[] = [[109.4, 25.2], [109.401, 25.2], [109.401, 25.201], [109.4, 25.201]];
  const closed: Position[] = [...open, [109.4, 25.2]];

  expect(areaM2(closed)).toBe(areaM2(open));
  expect(areaM2([...open].reverse())).toBeCloseTo(areaM2(open), 6);
  expect(perimeterM(closed)).toBeCloseTo(perimeterM(open), 9);
});

test('too few positions enclose nothing', () => {
  expect(areaM2([])).toBe(0);
  expect(areaM2([[109, 25], [109.1, 25]])).toBe(0);
});

test('one mu is 2000/3 square metres', () => {
  expect(muOf(2000 / 3)).toBeCloseTo(1, 12);
});

test('a degree of latitude at 25 north is 110.8 km', () => {
  expect(distanceM([109, 24.5], [109, 25.5])).toBeCloseTo(110_773, -2);
});
