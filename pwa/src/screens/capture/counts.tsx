/** ③ Counting trees (株数): big zones to tap, and fields to type into. */

import { plantedCount } from '../../domain/verdict';
import type { TreeCounts } from '../../domain/wire';
import { buzz } from '../../device/wake-lock';
import type { CaptureWork } from '../../state/capture-work';
import { t } from '../../text';
import { limitPercent, whole } from '../../text/format';
import { Icon } from '../shared/icons';
import { hrefOf } from '../shared/route';
import { SampleTag } from '../shared/tag';
import type { StepProps } from '.';

const MOST = 99_999;

function Counter({ work, name, label }: { work: CaptureWork; name: keyof TreeCounts; label: string }) {
  const value = work.capture.counts[name];
  const add = (n: number) => {
    buzz(15);
    void work.addCount(name, n);
  };
  return (
    <section class={`counter counter-${name}`} aria-label={label}>
      <label class="counter-figure">
        <span>{label}</span>
        <input
          type="text" inputMode="numeric" pattern="[0-9]*" autocomplete="off" maxLength={5} data-testid={`count-${name}`} value={value}
          onFocus={(event) => { event.currentTarget.select(); }}
          onInput={(event) => {
            const typed = Number(event.currentTarget.value.replace(/\D/g, ''));
            void work.setCounts({ ...work.capture.counts, [name]: Math.min(MOST, typed) });
          }}
        />
      </label>
      <button type="button" class="counter-zone" data-testid={`tap-${name}`} aria-label={t('{s} 加一', { s: label })} onClick={() => { add(1); }}>+1</button>
      <button type="button" class="counter-more" aria-label={t('{s} 加五', { s: label })} onClick={() => { add(5); }}>+5</button>
      <button type="button" class="counter-more" aria-label={t('{s} 加十', { s: label })} onClick={() => { add(10); }}>+10</button>
    </section>
  );
}

export function CountsStep({ work, frame }: StepProps) {
  const { capture, subject } = work;
  const { policy } = subject.programme;
  const { min, max } = policy.density_per_mu;
  const planted = plantedCount(capture.counts);
  return frame(
    <div class="counts">
      <p class="counts-line">
        <b>{t('共 {n} 株', { n: whole(planted) })}</b>
        <span>{t('标准 {a}–{b} 株/亩', { a: min, b: max })}{policy.sample_parameters.includes('density_per_mu') && <SampleTag />}</span>
        <span>{t('成活 ≥ {s}', { s: limitPercent(policy.survival_min) })}{policy.sample_parameters.includes('survival_min') && <SampleTag />}</span>
      </p>
      <div class="counters">
        <Counter work={work} name="live" label={t('成活')} />
        <Counter work={work} name="dead" label={t('死亡')} />
        <Counter work={work} name="missing" label={t('缺株')} />
      </div>
    </div>,
    <div class="buttons">
      <button type="button" class="button button-quiet" data-testid="count-undo" aria-disabled={capture.counts_before.length === 0} onClick={() => void work.undoCount()}>
        <Icon name="undo" />{t('撤销')}
      </button>
      <a class={planted > 0 ? 'button button-wide' : 'button button-quiet button-wide'} href={hrefOf({ screen: 'capture', capture_id: capture.id, step: 'confirm' })}>
        {t('下一步：确认')}
      </a>
    </div>,
    true,
  );
}
