/** ⑤ Check the answers, sign, then freeze them (确认签名). */

import { useState } from 'preact/hooks';
import { CaptureChanged } from '../../db/captures';
import type { Step } from '../../db/schema';
import { plantedCount } from '../../domain/counting';
import { judgeDraft, draftOf } from '../../domain/standards';
import type { Signer } from '../../domain/sign-off';
import type { Measured } from '../../domain/verdict';
import { NotSaved, WalkTooLong, type Missing } from '../../state/capture-work';
import { questionsOf, signingOf, termsOf } from '../../state/forms';
import { carrySignatures, inspectorNames, signedToday } from '../../state/visits';
import { either, t, tn } from '../../text';
import { besideLimits, limitPercent, byteSize, money, mu, percent, squareMetres, whole } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { go, hrefOf } from '../shared/route';
import { landTypeName, OutcomeTag, SampleTag, Tag } from '../shared/tag';
import { Thumb } from '../shared/thumb';
import { Amount, barrierName } from './amount';
import { ReadAloud } from './read-aloud';
import { SignCard, SignSheet, signerName } from './sign';
import { answerName, unitName } from './standards';
import type { StepProps } from '.';

function missingText(missing: Missing): string {
  switch (missing.what) {
    case 'boundary': return t('边界还没有闭合');
    case 'photo': return t('缺照片：{s}', { s: either(missing.shot.title_zh, missing.shot.title_en) });
    case 'reason': return t('照片要说明原因：{s}', { s: either(missing.shot.title_zh, missing.shot.title_en) });
    case 'counts': return t('还没有数株数');
    case 'sample': return t('抽样至少数 {n} 行', { n: missing.min_rows });
    case 'standard': return t('没有答：{s}', { s: either(missing.standard.title_zh, missing.standard.title_en) });
    case 'evidence': return t('不符合要有实测值或照片：{s}', { s: either(missing.standard.title_zh, missing.standard.title_en) });
    case 'signature': return t('缺签名：{s}', { s: signerName(missing.signer) });
  }
}

function Rule({ name, limit, value, measured, sample, min = 0, max = Infinity }: {
  name: string; limit: string; value: string; measured: Measured | null; sample: boolean; min?: number; max?: number;
}) {
  // Only the interval reaches the limit, not the figure itself.
  const near = measured?.outcome === 'in_doubt' && (measured.value < min || measured.value > max);
  return (
    <div>
      <dt>{name} <small>{limit}{sample && <SampleTag />}</small></dt>
      <dd>{value} {measured && <OutcomeTag outcome={measured.outcome} />}</dd>
      {near && <dd class="rule-near">{t('误差范围内，需复核')}</dd>}
    </div>
  );
}

export function ConfirmStep({ work, frame }: StepProps) {
  const app = useApp();
  const account = useAccount();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [remark, setRemark] = useState(work.capture.remark);
  const [signer, sign] = useState<Signer | null>(null);
  const { capture, figures, verdict, subject, missing } = work;
  const photos = work.photos.filter(({ kind }) => kind !== 'signature');
  const { plot, household } = subject;
  const { policy } = subject.programme;
  const { live, dead, missing: gaps } = capture.counts;
  const sample = (name: string) => policy.sample_parameters.includes(name);
  const to = (step: Step) => hrefOf({ screen: 'capture', capture_id: capture.id, step });
  const { min, max } = policy.density_per_mu;
  const terms = termsOf(work);
  const signing = signingOf(work, inspectorNames(account.captures, app.signed_in?.user.display_name ?? ''));
  const plots_here = new Set(account.ledger?.plots.filter((each) => each.household_id === household.id).map((each) => each.id));
  const earlier = capture.signing ? null : signedToday(account.captures, plots_here, Date.now());

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
    go({ screen: 'outbox', finished_id: capture.id }, true);
    void account.send(true);
  }

  /** What the household hears. */
  function spoken(): string {
    const barred = verdict.barred.map(barrierName).join(t('、'));
    return [
      t('{s}，地块 {n}。', { s: household.head_name, n: plot.number }),
      verdict.area_mu === null ? '' : t('面积 {a} 亩，误差约 ±{e} 亩', { a: mu(verdict.area_mu), e: mu(verdict.tolerance_mu) }) + t('。'),
      t('共 {n} 株，成活 {a} 株。', { n: whole(plantedCount(capture.counts)), a: whole(live) }),
      verdict.barred.length > 0 ? t('不符合的有：{s}。', { s: barred })
        : verdict.expected_fen === null ? '' : t('预计补助 {m} 元。', { m: money(verdict.expected_fen) }),
      t('最终以公示为准。'),
    ].join(' ');
  }

  return frame(
    <div class="confirm">
      {missing.length > 0 && (
        <div class="panel panel-doubt" role="status" data-testid="missing">
          <h2>{tn('还有 {n} 项未完成', '还有 {n} 项未完成', missing.length)}</h2>
          <ul>
            {missing.map((each) => (
              <li key={missingText(each)}>
                {each.what === 'signature'
                  ? <button type="button" class="link-button" onClick={() => { sign(each.signer); }}>{missingText(each)}</button>
                  : <a href={to(each.step)}>{missingText(each)}</a>}
              </li>
            ))}
          </ul>
          <p>{t('已自动保存，可稍后继续')}</p>
        </div>
      )}
      <section class="card">
        <h2>{t('边界')} <a href={to('boundary')} aria-label={t('修改边界')}>{t('修改')}</a></h2>
        <p class="confirm-figure">{mu(verdict.area_mu)} <small>{t('亩')}{verdict.area_mu !== null && ` ±${mu(verdict.tolerance_mu)}`}</small></p>
        <p class="muted parts">
          <span>{squareMetres(figures.area_m2)}</span> <span>{t('周长 {n} 米', { n: whole(figures.perimeter_m) })}</span>{' '}
          <span>{t('申报 {n} 亩', { n: mu(plot.declared_mu) })}</span> <span>{landTypeName(plot.land_type)}</span>
        </p>
      </section>
      <section class="card">
        <h2>{t('照片')} <a href={to('photos')} aria-label={t('修改照片')}>{t('修改')}</a></h2>
        <p class="muted">{tn('{n} 张', '{n} 张', photos.length)} · {byteSize(photos.reduce((sum, photo) => sum + photo.size_bytes, 0))}</p>
        <div class="confirm-thumbs">{photos.map((photo) => <Thumb key={photo.id} photo_id={photo.id} alt="" />)}</div>
      </section>
      <section class="card">
        <h2>{t('株数')} <a href={to('counts')} aria-label={t('修改株数')}>{t('修改')}</a></h2>
        <p class="confirm-figure">
          {whole(plantedCount(capture.counts))} <small>{t('株')}</small>
          {capture.counting?.method === 'sample' && <Tag kind="doubt">{t('抽样推算')}</Tag>}
        </p>
        <p class="muted">{t('成活 {a} · 死亡 {b} · 缺株 {c}', { a: whole(live), b: whole(dead), c: whole(gaps) })}</p>
        {verdict.spacing && (
          <p class="muted">
            {t('按株行距 {n} 株/亩', { n: besideLimits(verdict.spacing.per_mu, min, max) })}{' '}
            {!verdict.spacing.agrees && <Tag kind="doubt">{t('与清点不一致')}</Tag>}
          </p>
        )}
      </section>
      <section class="card">
        <h2>{t('种植标准')} <a href={to('standards')} aria-label={t('修改种植标准')}>{t('修改')}</a></h2>
        {capture.slope_deg != null && <p class="muted">{t('坡度 {n} 度', { n: capture.slope_deg })}</p>}
        <dl class="rules">
          {questionsOf(work).map((standard) => {
            const draft = draftOf(capture.standards, standard.code);
            const outcome = judgeDraft(standard, draft);
            return (
              <div key={standard.code}>
                <dt>{either(standard.title_zh, standard.title_en)}{sample(`standards.${standard.code}`) && <SampleTag />}</dt>
                <dd>
                  {draft.value !== null && standard.measure && `${draft.value} ${unitName(standard.measure.unit)} `}
                  {outcome === null || draft.answer === null ? <Tag kind="doubt">{t('未答')}</Tag>
                    : outcome === 'not_applicable' ? <Tag kind="plain">{answerName(draft.answer)}</Tag>
                    : <OutcomeTag outcome={outcome} />}
                </dd>
              </div>
            );
          })}
        </dl>
      </section>
      <section class="card">
        <h2>{t('面积、密度和成活')}</h2>
        <dl class="rules">
          <Rule
            name={t('连片面积')} limit={t('≥ {n} 亩', { n: policy.min_block_mu })} sample={sample('min_block_mu')} min={policy.min_block_mu}
            value={verdict.block ? besideLimits(verdict.block.value, policy.min_block_mu, Infinity, 2) : '—'} measured={verdict.block}
          />
          <Rule
            name={t('密度')} limit={t('{a}–{b} 株/亩', { a: min, b: max })} sample={sample('density_per_mu')} min={min} max={max}
            value={verdict.density ? besideLimits(verdict.density.value, min, max) : '—'} measured={verdict.density}
          />
          <Rule
            name={t('成活率')} limit={`≥ ${limitPercent(policy.survival_min)}`} sample={sample('survival_min')}
            value={verdict.survival ? percent(verdict.survival.value, policy.survival_min) : '—'} measured={verdict.survival}
          />
        </dl>
        <Amount verdict={verdict} policy={policy} household={household} />
        <ReadAloud text={spoken} />
      </section>
      {terms && signing && (
        <section class="card" aria-labelledby="signing-title">
          <h2 id="signing-title">{t('签名')}</h2>
          {earlier && (
            <button type="button" class="button button-quiet button-main" data-testid="carry-signatures" onClick={() => void carrySignatures(account.db, earlier, work)}>
              {t('沿用本户本次签名')}
            </button>
          )}
          <SignCard work={work} terms={terms} shown={signing} onSign={sign} />
        </section>
      )}
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
      {signer && signing && <SignSheet work={work} signer={signer} shown={signing} onClose={() => { sign(null); }} />}
    </div>,
    <button type="button" class="button button-main" data-testid="finish" aria-disabled={missing.length > 0 || busy} onClick={() => void finish()}>
      <Icon name="check" />{busy ? t('正在保存…') : t('完成验收')}
    </button>,
  );
}
