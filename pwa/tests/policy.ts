import type { Policy } from '../src/domain/wire';

export const POLICY: Policy = {
  schema: 1, crop_zh: '滑皮金桔', crop_en: 'kumquat', subsidy_fen_per_mu: 100_000,
  cap: { kind: 'per_person', amount_fen: 300_000 }, min_block_mu: 0.5, gap_m: 2,
  density_per_mu: { min: 60, max: 65 }, survival_min: 0.9,
  walk: { max_accuracy_m: 15, start_accuracy_m: 10, close_within_m: 8 },
  confidence: 0.95, accuracy_confidence: 0.68, max_area_mu: 200, area_decimals_mu: 2,
  shots: [], clauses: {}, sample_parameters: ['min_block_mu'],
};
