import { useState } from 'preact/hooks';
import type { Attempt } from '../../domain/wire';
import { t } from '../../text';
import { useAccount, useApp } from '../shared/context';

/** Reasons are kept in Chinese, the language of the file, whoever ticks them. */
const REASONS: Record<Attempt['kind'], readonly string[]> = {
  absent: ['家中无人', '户主外出务工', '约好改日再来', '天气不便'],
  withdrawn: ['户主放弃申报', '没有种植', '地块已申报给他人', '改种其他作物'],
};

function reasonName(reason: string): string {
  switch (reason) {
    case '家中无人': return t('家中无人');
    case '户主外出务工': return t('户主外出务工');
    case '约好改日再来': return t('约好改日再来');
    case '天气不便': return t('天气不便');
    case '户主放弃申报': return t('户主放弃申报');
    case '没有种植': return t('没有种植');
    case '地块已申报给他人': return t('地块已申报给他人');
    default: return t('改种其他作物');
  }
}

/** Note a visit that brought no inspection; kept on the phone at once, sent like everything else. */
export function NotToday({ task_id, plot_id, onDone }: { task_id: string; plot_id: string; onDone: () => void }) {
  const app = useApp();
  const account = useAccount();
  const [kind, setKind] = useState<Attempt['kind']>('absent');
  const [reason, setReason] = useState<string | null>(null);
  const [more, setMore] = useState('');
  const [error, setError] = useState<string | null>(null);

  async function keep() {
    if (reason === null && !more.trim()) {
      setError(t('请选一个原因，或自己写'));
      return;
    }
    const { here } = app.whereabouts;
    try {
      await account.noteAttempt({
        task_id, plot_id, kind,
        reason: [reason, more.trim()].filter(Boolean).join('；'),
        attempted_at: new Date().toISOString(),
        clock_offset_ms: app.clock_offset_ms,
        position: here && { lon: here.lon, lat: here.lat, accuracy_m: here.accuracy_m, fixed_at: here.fixed_at },
      });
      onDone();
    } catch {
      setError(t('没有存下，请检查手机空间后再试'));
    }
  }

  return (
    <section class="card not-today" data-testid="not-today" aria-label={t('今天验收不了')}>
      <h2>{t('今天验收不了')}</h2>
      {error && <p class="form-error" role="alert">{error}</p>}
      <div class="segments" role="group" aria-label={t('情况')}>
        <button type="button" aria-pressed={kind === 'absent'} onClick={() => { setKind('absent'); setReason(null); }}>{t('今日不在家')}</button>
        <button type="button" aria-pressed={kind === 'withdrawn'} data-testid="withdrawn" onClick={() => { setKind('withdrawn'); setReason(null); }}>{t('放弃申报')}</button>
      </div>
      <div class="reasons" role="group" aria-label={t('原因')}>
        {REASONS[kind].map((each) => (
          <button key={each} type="button" class="reason" aria-pressed={reason === each} data-testid="reason" onClick={() => { setReason(reason === each ? null : each); }}>
            {reasonName(each)}
          </button>
        ))}
      </div>
      <label class="field">
        <span>{t('补充说明')}</span>
        <input class="input" maxLength={200} value={more} onInput={(event) => { setMore(event.currentTarget.value); }} />
      </label>
      <div class="buttons">
        <button type="button" class="button button-quiet" onClick={onDone}>{t('取消')}</button>
        <button type="button" class="button" data-testid="keep-attempt" onClick={() => void keep()}>{t('记下来访')}</button>
      </div>
      {kind === 'withdrawn' && <p class="muted">{t('由乡镇核实后处理，任务暂时保留。')}</p>}
    </section>
  );
}
