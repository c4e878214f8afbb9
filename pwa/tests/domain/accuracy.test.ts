import { describe, expect, test } from 'vitest';
import vectors from '../../../tests/payloads/area-vectors.json';
import {
  ASSUMED_ACCURACY_M, CORRELATION_TIME_S, fadingVariance, intervalFactor, ringOf, sigmaPerRadius, trackResidualM,
  verticesVariance, walkSeM2, walkVariance, type RingFix,
} from '../../src/domain/accuracy';
import { areaM2, muOf } from '../../src/domain/area';
import { judgeCapture } from '../../src/domain/verdict';
import { boundaryFigures } from '../../src/domain/boundary';
import type { Position } from '../../src/domain/wire';
import { POLICY } from '../policy';

interface Captured {
  name: string;
  capture: string;
  confidence: number;
  accuracy_confidence: number;
  ring: Position[];
  accuracy_m: number[];
  timestamps_s: number[];
  area_se_m2: number;
  area_low_m2: number;
  area_high_m2: number;
}

const captured = (vectors.filter((vector) => 'capture' in vector) as unknown as Captured[]).map(
  (vector) => [vector.name, vector] as const,
);
const walks = captured.filter(([, vector]) => vector.capture === 'walk');
const fixesOf = (vector: Captured) =>
  ringOf(vector.ring, vector.accuracy_m, vector.timestamps_s, vector.accuracy_confidence);
const apart = (value: number, expected: number) => Math.abs(value / expected - 1);

describe('phone and server agree on the tolerance', () => {
  test.each(captured)('%s', (_name, vector) => {
    const fixes = fixesOf(vector);
    const area_m2 = areaM2(vector.ring);

    const se_m2 = vector.capture === 'walk' ? walkSeM2(fixes) : Math.sqrt(verticesVariance(fixes));
    const tolerance_m2 = intervalFactor(vector.confidence) * se_m2;

    expect(apart(se_m2, vector.area_se_m2)).toBeLessThan(1e-6);
    expect(apart(area_m2 - tolerance_m2, vector.area_low_m2)).toBeLessThan(1e-6);
    expect(apart(area_m2 + tolerance_m2, vector.area_high_m2)).toBeLessThan(1e-6);
  });

  test.each(walks)('the line in view while walking says it: %s', (_name, vector) => {
    const { confidence, accuracy_confidence } = vector;
    const policy = { ...POLICY, confidence, accuracy_confidence };
    const fixes = vector.ring.slice(0, -1).map(([lon, lat], i) => ({
      lon, lat, accuracy_m: vector.accuracy_m[i] ?? NaN, t_ms: (vector.timestamps_s[i] ?? NaN) * 1000, fixed_at: '',
    }));

    const figures = boundaryFigures({ fixes, closed: true }, [], policy);
    const verdict = judgeCapture(figures, { live: 0, dead: 0, missing: 0 }, policy, { person_count: 4 });

    expect(apart(verdict.tolerance_mu, muOf(vector.area_high_m2 - vector.area_low_m2) / 2)).toBeLessThan(1e-6);
    expect(apart(verdict.block?.low ?? NaN, muOf(vector.area_low_m2))).toBeLessThan(1e-6);
    expect(apart(verdict.block?.high ?? NaN, muOf(vector.area_high_m2))).toBeLessThan(1e-6);
  });

  test.each(walks)('no simpler formula passes: %s', (_name, vector) => {
    const fixes = fixesOf(vector);

    expect(Math.sqrt(verticesVariance(fixes))).toBeLessThan(0.7 * vector.area_se_m2);
    expect(apart(Math.sqrt(fadingVariance(fixes, CORRELATION_TIME_S)), vector.area_se_m2)).toBeGreaterThan(0.01);
  });

  test('what a walk tells of itself counts', () => {
    const heard = walks.filter(([, vector]) => trackResidualM(fixesOf(vector)) !== null);

    expect(heard.length).toBeGreaterThan(0);
    expect(heard.length).toBeLessThan(walks.length);
    for (const [, vector] of heard) {
      expect(apart(Math.sqrt(walkVariance(fixesOf(vector))), vector.area_se_m2)).toBeGreaterThan(1e-3);
    }
  });
});

/** The formula as the server works it out, with the whole matrix. */
function byMatrix(ring: readonly RingFix[], tau_s: number): number {
  const at = (i: number) => ring.at(i % ring.length) as RingFix;
  const c = (i: number, j: number) => at(i).sigma_m * at(j).sigma_m * Math.exp(-Math.abs(at(i).t_s - at(j).t_s) / tau_s);
  const chord = (i: number) => [at(i + 1).east_m - at(i - 1).east_m, at(i + 1).north_m - at(i - 1).north_m] as const;
  let sum = 0;
  ring.forEach((_, i) => {
    ring.forEach((_other, j) => {
      const [a, b] = [chord(i), chord(j)];
      sum += (c(i, j) * (a[0] * b[0] + a[1] * b[1])) / 4 + (c(i, j) * c(i + 1, j + 1) - c(i, j + 1) * c(i + 1, j)) / 2;
    });
  });
  return sum;
}

test.each([1, 60, 3600])('without the matrix the sum is the same, its small part included: %d s', (tau_s) => {
  const coarse = Array.from({ length: 12 }, (_, i) => ({
    east_m: 6 * Math.cos(i / 2), north_m: 5 * Math.sin(i / 2), sigma_m: 4 + (i % 3), t_s: i * i,
  }));

  expect(apart(fadingVariance(coarse, tau_s), byMatrix(coarse, tau_s))).toBeLessThan(1e-12);
});

test('times that run back are taken as one fix a second', () => {
  const [, vector] = walks[0] ?? [];
  if (!vector) throw new Error('no walk');
  const seconds = vector.ring.map((_, i) => i);
  const back = seconds.map((s) => (s === 5 ? 0 : s));
  const seOf = (timestamps_s: number[]) => walkSeM2(ringOf(vector.ring, vector.accuracy_m, timestamps_s, 0.68));

  expect(seOf(back)).toBe(seOf(seconds));
});

test('a walk is never without error', () => {
  const [, vector] = walks[0] ?? [];
  if (!vector) throw new Error('no walk');
  const seOf = (accuracy_m: number) =>
    walkSeM2(ringOf(vector.ring, vector.ring.map(() => accuracy_m), vector.timestamps_s, 0.68));

  expect(seOf(0)).toBe(seOf(ASSUMED_ACCURACY_M));
});

test('fixes that enclose nothing have no tolerance', () => {
  expect(walkSeM2([])).toBe(0);
  expect(walkSeM2(ringOf([[109, 25], [109.1, 25]], [3, 3], [0, 1], 0.68))).toBe(0);
});

test('the normal quantile and the accuracy radius', () => {
  expect(intervalFactor(0.95)).toBeCloseTo(1.959963984540054, 12);
  expect(intervalFactor(0.68)).toBeCloseTo(0.9944578832097531, 12);
  expect(intervalFactor(0.999)).toBeCloseTo(3.2905267314919255, 11);
  expect(1 / sigmaPerRadius(0.68)).toBeCloseTo(1.5096, 4);
});
