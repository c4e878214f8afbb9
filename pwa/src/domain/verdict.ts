/** The line the inspector sees while working: area, density, survival and expected money. The server decides. */

import { muOf } from './area';
import type { WalkFigures } from './walk';
import type { Household, Policy, TreeCounts } from './wire';

/** 符合 / 存疑 / 不符合: in doubt where the estimate is outside but its interval touches the rule. */
export type Outcome = 'passed' | 'in_doubt' | 'failed';

export interface Measured {
  value: number;
  low: number;
  high: number;
  outcome: Outcome;
}

export interface Verdict {
  area_mu: number | null;
  tolerance_mu: number;
  block: Measured | null;
  density: Measured | null;
  survival: Measured | null;
  /** For this plot alone; the household's other plots share the cap. */
  expected_fen: number | null;
  cap_fen: number | null;
  capped: boolean;
}

export function plantedCount(counts: TreeCounts): number {
  return counts.live + counts.dead + counts.missing;
}

function judgeInterval(value: number, low: number, high: number, min: number, max: number): Measured {
  const inside = value >= min && value <= max;
  const touches = high >= min && low <= max;
  return { value, low, high, outcome: inside ? 'passed' : touches ? 'in_doubt' : 'failed' };
}

/** Mu rounded half up to the policy's decimals: the figure that is paid. */
export function payableMu(area_mu: number, decimals: number): number {
  const scale = 10 ** decimals;
  // The nudge lets 0.285 round up although its binary form lies a hair below.
  return Math.floor(area_mu * scale + 0.5 + 1e-9) / scale;
}

export function capFen(policy: Policy, household: Pick<Household, 'person_count'>): number | null {
  const amount_fen = policy.cap.amount_fen ?? null;
  if (policy.cap.kind === 'none' || amount_fen === null) return null;
  return policy.cap.kind === 'per_person' ? amount_fen * household.person_count : amount_fen;
}

export function judgeCapture(
  figures: Pick<WalkFigures, 'area_m2' | 'tolerance_m2'>,
  counts: TreeCounts,
  policy: Policy,
  household: Pick<Household, 'person_count'>,
): Verdict {
  const area_mu = figures.area_m2 > 0 ? muOf(figures.area_m2) : null;
  const tolerance_mu = muOf(figures.tolerance_m2);
  const planted = plantedCount(counts);
  const cap_fen = capFen(policy, household);
  const verdict: Verdict = {
    area_mu, tolerance_mu, block: null, density: null, survival: null, expected_fen: null, cap_fen, capped: false,
  };
  if (planted > 0) {
    const rate = counts.live / planted;
    verdict.survival = judgeInterval(rate, rate, rate, policy.survival_min, 1);
  }
  if (area_mu === null) return verdict;

  const low_mu = Math.max(0, area_mu - tolerance_mu);
  const high_mu = area_mu + tolerance_mu;
  verdict.block = judgeInterval(area_mu, low_mu, high_mu, policy.min_block_mu, Infinity);
  if (planted > 0) {
    const high = low_mu > 0 ? planted / low_mu : Infinity;
    verdict.density = judgeInterval(
      planted / area_mu, planted / high_mu, high, policy.density_per_mu.min, policy.density_per_mu.max,
    );
  }
  const full_fen = Math.round(payableMu(area_mu, policy.area_decimals_mu) * policy.subsidy_fen_per_mu);
  verdict.capped = cap_fen !== null && full_fen > cap_fen;
  verdict.expected_fen = verdict.capped ? cap_fen : full_fen;
  return verdict;
}
