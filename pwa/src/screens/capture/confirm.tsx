/** ④ Check the answers, then freeze them (确认). */

import { useState } from 'preact/hooks';
import { CaptureChanged } from '../../db/captures';
import type { Step } from '../../db/schema';
import { payableMu, plantedCount, type Measured } from '../../domain/verdict';
import { NotSaved, WalkTooLong, type Missing } from '../../state/capture-work';
import { either, t, tn } from '../../text';
import { besideLimits, limitPercent, byteSize, mu, percent, squareMetres, whole, yuan } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { go, hrefOf } from '../shared/route';
import { landTypeName, OutcomeTag, SampleTag } from '../shared/tag';
import { Thumb } from '../shared/thumb';
import type { StepProps } from '.';

function missingText({ what, shot }: Missing): string {
  switch (what) {
    case 'boundary': return t('边界还没有闭合');
    case 'photo': return t('缺照片：{s}', { s: either(shot?.title_zh ?? '', shot?.title_en ?? '') });
    case 'counts': return t('还没有数株数');
  }
}

function Rule({ name, limit, value, measured, sample }: {
  name: string; limit: string; value: string; measured: Measured | null; sample: boolean;
}) {
  return (
    <div>
      <dt>{name} <small>{limit}{sample && <SampleTag />}</small></dt>
      <dd>{value} {measured && <OutcomeTag outcome={measured.outcome} />}</dd>
    </div>
  );
}

export function ConfirmStep({ work, frame }: StepProps) {
  const app = useApp();
  const account = useAccount();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [remark, setRemark] = useState(work.capture.remark);
  const { capture, figures, verdict, subject, missing, photos } = work;
  const { plot, household } = subject;
  const { policy } = subject.programme;
  const { live, dead, missing: gaps } = capture.counts;
  const sample = (name: string) => policy.sample_parameters.includes(name);
  const to = (step: Step) => hrefOf({ screen: 'capture', capture_id: capture.id, step });
  const { min, max } = policy.density_per_mu;

  async function finish() {
    if (busy || missing.length > 0) return;
    setBusy(true);
    setError(null);
    try {
      await work.finish({ device_id: app.device_id, clock_offset_ms: app.clock_offset_ms });
    } catch (problem) {
      setError(
        problem instanceof WalkTooLong ? t('轨迹点太多，无法上报，请重新绕地')
          : problem instanceof CaptureChanged ? t('内容刚刚改动过，请再看一遍')
          : problem instanceof NotSaved ? t('有内容还没有存进手机，请稍后再点一次')
          : t('没有存进手机，请检查手机空间后再试'),
      );
      setBusy(false);
      return;
    }
    await account.reload();
    go({ screen: 'outbox' }, true);
    void account.send(true);
  }

  return frame(
    <div class="confirm">
      {missing.length > 0 && (
        <div class="panel panel-doubt" role="status">
          <h2>{tn('还有 {n} 项未完成', '还有 {n} 项未完成', missing.length)}</h2>
          <ul>{missing.map((each) => <li key={each.what + (each.shot?.kind ?? '')}><a href={to(each.step)}>{missingText(each)}</a></li>)}</ul>
          <p>{t('已自动保存，可稍后继续')}</p>
        </div>
      )}
      <section class="card">
        <h2>{t('边界')} <a href={to('boundary')}>{t('修改')}</a></h2>
        <p class="confirm-figure">{mu(verdict.area_mu)} <small>{t('亩')}{verdict.area_mu !== null && ` ±${mu(verdict.tolerance_mu)}`}</small></p>
        <p class="muted">{squareMetres(figures.area_m2)} · {t('周长 {n} 米', { n: whole(figures.perimeter_m) })} · {t('申报 {n} 亩', { n: mu(plot.declared_mu) })} · {landTypeName(plot.land_type)}</p>
      </section>
      <section class="card">
        <h2>{t('照片')} <a href={to('photos')}>{t('修改')}</a></h2>
        <p class="muted">{tn('{n} 张', '{n} 张', photos.length)} · {byteSize(photos.reduce((sum, photo) => sum + photo.size_bytes, 0))}</p>
        <div class="confirm-thumbs">{photos.map((photo) => <Thumb key={photo.id} photo_id={photo.id} alt="" />)}</div>
      </section>
      <section class="card">
        <h2>{t('株数')} <a href={to('counts')}>{t('修改')}</a></h2>
        <p class="confirm-figure">{whole(plantedCount(capture.counts))} <small>{t('株')}</small></p>
        <p class="muted">{t('成活 {a} · 死亡 {b} · 缺株 {c}', { a: whole(live), b: whole(dead), c: whole(gaps) })}</p>
      </section>
      <section class="card">
        <h2>{t('对照标准')}</h2>
        <dl class="rules">
          <Rule
            name={t('面积')} limit={t('≥ {n} 亩', { n: policy.min_block_mu })} sample={sample('min_block_mu')}
            value={verdict.area_mu === null ? '—' : besideLimits(verdict.area_mu, policy.min_block_mu, Infinity, 2)} measured={verdict.block}
          />
          <Rule
            name={t('密度')} limit={t('{a}–{b} 株/亩', { a: min, b: max })} sample={sample('density_per_mu')}
            value={verdict.density ? besideLimits(verdict.density.value, min, max) : '—'} measured={verdict.density}
          />
          <Rule
            name={t('成活率')} limit={`≥ ${limitPercent(policy.survival_min)}`} sample={sample('survival_min')}
            value={verdict.survival ? percent(verdict.survival.value, policy.survival_min) : '—'} measured={verdict.survival}
          />
        </dl>
        {verdict.expected_fen !== null && verdict.area_mu !== null && (
          <p class="confirm-money">
            {t('预计补助')} <b>{yuan(verdict.expected_fen)}</b>
            {(sample('subsidy_fen_per_mu') || sample('cap')) && <SampleTag />}
            <small>
              {t('{a} 亩 × {y}', { a: mu(payableMu(verdict.area_mu, policy.area_decimals_mu)), y: yuan(policy.subsidy_fen_per_mu) })}
              {verdict.cap_fen !== null && <> · {t('本户上限 {m}（{n} 人）', { m: yuan(verdict.cap_fen), n: household.person_count })}</>}
            </small>
          </p>
        )}
        <p class="muted">{t('只算本地块；以乡镇审核和公示为准。')}</p>
      </section>
      <section class="card">
        <label class="field">
          <span>{t('备注（可不填）')}</span>
          <textarea
            class="input" rows={3} maxLength={1000} value={remark} data-testid="remark"
            onInput={(event) => { setRemark(event.currentTarget.value); void work.setRemark(event.currentTarget.value); }}
          />
        </label>
      </section>
      {error && <p class="form-error" role="alert">{error}</p>}
    </div>,
    <button type="button" class="button button-main" data-testid="finish" aria-disabled={missing.length > 0 || busy} onClick={() => void finish()}>
      <Icon name="check" />{busy ? t('正在保存…') : t('完成验收')}
    </button>,
  );
}
