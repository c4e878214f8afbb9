/** The line the inspector sees while working: area, density, survival and expected money. The server decides. */

import { muOf } from './area';
import { perMuOf, plantedCount } from './counting';
import { NOTHING_BESIDE, type Beside } from './household-block';
import type { WalkFigures } from './walk';
import type { Household, Policy, Spacing, Standard, TreeCounts } from './wire';

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
  /** The plot with what it is joined to. */
  block: Measured | null;
  density: Measured | null;
  survival: Measured | null;
  /** Trees per mu by the distances between them, a check that needs no fix; null when they were not measured. */
  spacing: { per_mu: number; differs_share: number | null; agrees: boolean } | null;
  /** What fails of all that the money depends on; nothing is paid then. */
  barred: Barrier[];
  /** For this plot alone; the household's other plots share the cap. */
  expected_fen: number | null;
  cap_fen: number | null;
  capped: boolean;
}

export type Barrier = 'block' | 'density' | 'survival' | Standard;

/** The policy's default: the server's, in inspections/policy.py. */
const SPACING_DIFFERS_SHARE = 0.1;

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

function barriers(verdict: Verdict, unmet: readonly Standard[] = []): Barrier[] {
  const measured = (['block', 'density', 'survival'] as const).filter((rule) => verdict[rule]?.outcome === 'failed');
  return [...measured, ...unmet.filter((standard) => standard.pays)];
}

export function judgeCapture(
  figures: Pick<WalkFigures, 'area_m2' | 'tolerance_m2'>,
  counts: TreeCounts,
  policy: Policy,
  household: Pick<Household, 'person_count'>,
  more: { spacing?: Spacing | null | undefined; unmet?: readonly Standard[]; beside?: Beside } = {},
): Verdict {
  const area_mu = figures.area_m2 > 0 ? muOf(figures.area_m2) : null;
  const tolerance_mu = muOf(figures.tolerance_m2);
  const planted = plantedCount(counts);
  const cap_fen = capFen(policy, household);
  const verdict: Verdict = {
    area_mu, tolerance_mu, block: null, density: null, survival: null, spacing: null, barred: [],
    expected_fen: null, cap_fen, capped: false,
  };
  if (planted > 0) {
    const rate = counts.live / planted;
    verdict.survival = judgeInterval(rate, rate, rate, policy.survival_min, 1);
  }
  if (more.spacing) verdict.spacing = { per_mu: perMuOf(more.spacing), differs_share: null, agrees: true };
  if (area_mu === null) {
    verdict.barred = barriers(verdict, more.unmet);
    return verdict;
  }

  const low_mu = Math.max(0, area_mu - tolerance_mu);
  const high_mu = area_mu + tolerance_mu;
  const { joined_mu, possible_mu } = more.beside ?? NOTHING_BESIDE;
  verdict.block = judgeInterval(area_mu + joined_mu, low_mu + joined_mu, high_mu + possible_mu, policy.min_block_mu, Infinity);
  if (planted > 0) {
    const high = low_mu > 0 ? planted / low_mu : Infinity;
    verdict.density = judgeInterval(
      planted / area_mu, planted / high_mu, high, policy.density_per_mu.min, policy.density_per_mu.max,
    );
  }
  if (verdict.spacing && verdict.density) {
    const counted = verdict.density.value;
    const differs_share = Math.abs(verdict.spacing.per_mu - counted) / counted;
    const agrees = differs_share <= (policy.evidence?.spacing_differs_share ?? SPACING_DIFFERS_SHARE);
    verdict.spacing = { ...verdict.spacing, differs_share, agrees };
    // Two ways of telling the same figure contradict each other: neither is proven.
    if (!agrees && verdict.density.outcome === 'passed') verdict.density = { ...verdict.density, outcome: 'in_doubt' };
  }
  verdict.barred = barriers(verdict, more.unmet);
  const full_fen = Math.round(payableMu(area_mu, policy.area_decimals_mu) * policy.subsidy_fen_per_mu);
  verdict.capped = cap_fen !== null && full_fen > cap_fen;
  verdict.expected_fen = verdict.capped ? cap_fen : full_fen;
  return verdict;
}
