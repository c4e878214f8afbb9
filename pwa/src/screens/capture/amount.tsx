/** What the plot would be paid (预计补助), with the sum a farmer can repeat. */

import { payableMu, type Barrier, type Verdict } from '../../domain/verdict';
import type { Household, Policy } from '../../domain/wire';
import { either, t } from '../../text';
import { factor, money, mu, yuan } from '../../text/format';
import { SampleTag } from '../shared/tag';

export function barrierName(barrier: Barrier): string {
  switch (barrier) {
    case 'block': return t('连片面积');
    case 'density': return t('密度');
    case 'survival': return t('成活率');
    default: return either(barrier.title_zh, barrier.title_en);
  }
}

/** min(3.02 × 1,000, 4 × 3,000) = 3,020.00 */
export function amountFormula(verdict: Verdict, policy: Policy, household: Pick<Household, 'person_count'>): string | null {
  if (verdict.area_mu === null || verdict.expected_fen === null) return null;
  const product = `${mu(payableMu(verdict.area_mu, policy.area_decimals_mu))} × ${factor(policy.subsidy_fen_per_mu)}`;
  const result = `= ${money(verdict.expected_fen)}`;
  if (verdict.cap_fen === null) return `${product} ${result}`;
  const each = factor(policy.cap.amount_fen ?? 0);
  const limit = policy.cap.kind === 'per_person' ? `${household.person_count} × ${each}` : each;
  return `min(${product}, ${limit}) ${result}`;
}

export function Amount({ verdict, policy, household }: {
  verdict: Verdict; policy: Policy; household: Pick<Household, 'person_count'>;
}) {
  const formula = amountFormula(verdict, policy, household);
  if (formula === null || verdict.expected_fen === null) return null;
  const barred = verdict.barred.length > 0;
  const sample = policy.sample_parameters.some((name) => name === 'subsidy_fen_per_mu' || name === 'cap');
  return (
    <div class="confirm-money" data-testid="amount">
      {t('预计补助')} <b>{yuan(barred ? 0 : verdict.expected_fen)}</b>
      {sample && <SampleTag />}
      {barred
        ? <p class="form-error">{t('不符合：{s}；按方案不予补助', { s: verdict.barred.map(barrierName).join(t('、')) })}</p>
        : <p class="formula">{t('{s} 元', { s: formula })}</p>}
      <p class="muted">{t('只算本地块。最终以公示为准。')}</p>
    </div>
  );
}
