/** What the capture comes to so far, always in view. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Outcome } from '../../domain/verdict';
import type { CaptureWork } from '../../state/capture-work';
import { t } from '../../text';
import { besideLimits, mu, percent, yuan } from '../../text/format';
import { SampleTag } from '../shared/tag';

function Cell({ value, unit, outcome, sample }: {
  value: string; unit: string; outcome?: Outcome | undefined; sample: boolean;
}) {
  return (
    <div class={`verdict-cell ${outcome ? `verdict-${outcome}` : ''}`}>
      <b>{value}</b>
      <span>{unit}{sample && <SampleTag />}</span>
    </div>
  );
}

/** A text that a screen reader may speak, at most every five seconds while it keeps changing. */
function useCalm(text: string): string {
  const [said, say] = useState(text);
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    const timer = setInterval(() => { say(latest.current); }, 5_000);
    return () => { clearInterval(timer); };
  }, []);
  return said;
}

export function VerdictLine({ work }: { work: CaptureWork }) {
  const { verdict, subject } = work;
  const { policy } = subject.programme;
  const sample = (...names: string[]) => names.some((name) => policy.sample_parameters.includes(name));
  const { min, max } = policy.density_per_mu;
  const area = verdict.area_mu === null ? '—' : mu(verdict.area_mu);
  const tolerance = verdict.area_mu === null ? '' : `±${mu(verdict.tolerance_mu)} `;
  const density = verdict.density ? besideLimits(verdict.density.value, min, max) : '—';
  const survival = verdict.survival ? percent(verdict.survival.value, policy.survival_min) : '—';
  const money = verdict.expected_fen === null ? '—' : yuan(verdict.expected_fen);
  const said = useCalm(t('面积 {a} 亩，密度 {d} 株/亩，成活 {s}，预计 {m}', { a: area, d: density, s: survival, m: money }));
  return (
    <section class="verdict" aria-label={t('预计')} data-testid="verdict">
      <Cell value={area} unit={tolerance + t('亩')} sample={false} />
      <Cell value={density} unit={t('株/亩')} outcome={verdict.density?.outcome} sample={sample('density_per_mu')} />
      <Cell value={survival} unit={t('成活')} outcome={verdict.survival?.outcome} sample={sample('survival_min')} />
      <Cell value={money} unit={t('预计')} outcome={verdict.barred.length > 0 ? 'failed' : undefined} sample={sample('subsidy_fen_per_mu', 'cap', 'area_decimals_mu')} />
      <span class="hidden" role="status">{said}</span>
    </section>
  );
}
