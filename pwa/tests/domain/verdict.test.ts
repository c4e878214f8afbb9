import { expect, test } from 'vitest';
import { judgeCapture, payableMu } from '../../src/domain/verdict';
import type { Standard } from '../../src/domain/wire';
import { amountFormula } from '../../src/screens/capture/amount';
import { besideLimits, mu, percent, yuan } from '../../src/text/format';
import { POLICY } from '../policy';

const figures = (area_mu: number, tolerance_mu = 0.1) => ({ area_m2: (area_mu * 2000) / 3, tolerance_m2: (tolerance_mu * 2000) / 3 });
const judge = (area_mu: number, live: number, dead = 0, person_count = 4) =>
  judgeCapture(figures(area_mu), { live, dead, missing: 0 }, POLICY, { person_count });

test('inside the band is passed, touching it is in doubt, beyond is failed', () => {
  expect(judge(3, 186).density?.outcome).toBe('passed');
  expect(judge(3, 177).density?.outcome).toBe('in_doubt');
  expect(judge(3, 140).density?.outcome).toBe('failed');
});

test('survival counts the living among all that were planted', () => {
  expect(judge(3, 90, 10).survival).toMatchObject({ value: 0.9, outcome: 'passed' });
  expect(judge(3, 89, 11).survival?.outcome).toBe('failed');
});

test('the cap is per person, per household or not at all', () => {
  expect(judge(3, 186).expected_fen).toBe(300_000);
  expect(judge(14, 900)).toMatchObject({ expected_fen: 1_200_000, capped: true });
  expect(judgeCapture(figures(14), { live: 1, dead: 0, missing: 0 }, { ...POLICY, cap: { kind: 'none' } }, { person_count: 1 }).expected_fen)
    .toBe(1_400_000);
});

test('mu are rounded half up, once', () => {
  expect(payableMu(0.285, 2)).toBe(0.29);
  expect(payableMu(2.9649, 2)).toBe(2.96);
});

test('before the walk nothing is claimed', () => {
  expect(judge(0, 10)).toMatchObject({ area_mu: null, density: null, expected_fen: null });
});

test('a figure never reads as if it met a rule it does not meet', () => {
  expect(besideLimits(59.96, 60, 65)).toBe('59.96');
  expect(besideLimits(60.04, 60, 65)).toBe('60.0');
  expect(percent(0.8996, 0.9)).toBe('89.96%');
  expect(mu(1234.5)).toBe('1,234.50');
  expect(yuan(296_050)).toBe('¥2,960.50');
});

const withSpacing = (in_row_m: number, between_rows_m: number) =>
  judgeCapture(figures(3), { live: 186, dead: 0, missing: 0 }, POLICY, { person_count: 4 }, { spacing: { in_row_m, between_rows_m } });

test('spacing that contradicts the count by more than a tenth leaves the density in doubt', () => {
  expect(withSpacing(3, 3.5)).toMatchObject({ density: { outcome: 'passed' }, spacing: { agrees: true } });
  expect(withSpacing(3, 2.5)).toMatchObject({ density: { outcome: 'in_doubt' }, spacing: { agrees: false } });
});

test('what fails of all that money depends on is named; what does not pay is not', () => {
  const standard = (code: string, pays: boolean) => ({ code, pays }) as Standard;
  const verdict = judgeCapture(figures(3), { live: 80, dead: 106, missing: 0 }, POLICY, { person_count: 4 }, {
    unmet: [standard('terrace_width', true), standard('weeds', false)],
  });

  expect(verdict.barred).toEqual(['survival', standard('terrace_width', true)]);
  expect(judge(3, 186).barred).toEqual([]);
});

test('a farmer can repeat the sum', () => {
  expect(amountFormula(judge(3.02, 190), POLICY, { person_count: 4 })).toBe('min(3.02 × 1,000, 4 × 3,000) = 3,020.00');
  expect(amountFormula(judge(14, 900), POLICY, { person_count: 4 })).toBe('min(14.00 × 1,000, 4 × 3,000) = 12,000.00');
});
