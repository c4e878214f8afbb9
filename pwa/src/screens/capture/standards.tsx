/** ④ The standards of planting for this kind of land (标准), one by one; none is answered for another. */

import { useState } from 'preact/hooks';
import {
  allows, draftOf, figureTyped, lackOf, slopeThatMatters, withDraft, type Answer, type StandardDraft,
} from '../../domain/standards';
import type { Measure, Shot, Standard, Unit } from '../../domain/wire';
import { hashesOf, questionsOf } from '../../state/forms';
import type { CaptureWork } from '../../state/capture-work';
import { either, t } from '../../text';
import { hrefOf } from '../shared/route';
import { landTypeName, SampleTag, Tag } from '../shared/tag';
import { Thumb } from '../shared/thumb';
import { EvidenceButtons } from './evidence';
import { SlopeField } from './slope-field';
import type { StepProps } from '.';

export function unitName(unit: Unit): string {
  switch (unit) {
    case 'cm': return t('厘米');
    case 'm': return t('米');
    case 'deg': return t('度');
  }
}

export function answerName(answer: Answer): string {
  switch (answer) {
    case 'met': return t('符合');
    case 'unmet': return t('不符合');
    case 'not_applicable': return t('不适用');
  }
}

const ANSWERS: readonly Answer[] = ['met', 'unmet', 'not_applicable'];

function Hint({ measure, draft }: { measure: Measure; draft: StandardDraft }) {
  const { value, typed, answer } = draft;
  if (value === null) return typed.trim() === '' ? null : <p class="form-error" role="alert">{t('请填数字')}</p>;
  const unit = unitName(measure.unit);
  if (allows(measure, value)) return <p role="status"><Tag kind="pass">{t('在标准之内')}</Tag></p>;
  const low = measure.min != null && value < measure.min;
  return (
    <p role="status">
      <Tag kind="doubt">
        {low ? t('低于 {n} {u}', { n: measure.min ?? '', u: unit }) : t('高于 {n} {u}', { n: measure.max ?? '', u: unit })}
      </Tag>
      {answer === 'met' && <small class="warned">{t('实测和“符合”不一致，会记为存疑')}</small>}
    </p>
  );
}

function Question({ work, standard, shot }: { work: CaptureWork; standard: Standard; shot: Shot }) {
  const { capture, subject } = work;
  const { code, measure } = standard;
  const draft = draftOf(capture.standards, code);
  const [noting, note] = useState(draft.note !== '');
  const title = either(standard.title_zh, standard.title_en);
  const lack = lackOf(draft, hashesOf(work));
  const photos = work.photos.filter((photo) => draft.photos.includes(photo.sha256));
  const change = (what: (old: StandardDraft) => Partial<StandardDraft>) =>
    void work.change((old) => ({ ...old, standards: withDraft(old.standards, code, what) }));
  return (
    <li class="shot standard" data-testid={`standard-${code}`} data-answer={draft.answer ?? ''}>
      <fieldset>
        <legend>
          {title}
          {subject.programme.policy.sample_parameters.includes(`standards.${code}`) && <SampleTag />}
        </legend>
        <p>{either(standard.text_zh, standard.text_en)}</p>
        {measure && (
          <label class="measure">
            <span>{t('实测')}</span>
            <input
              type="text" inputMode="decimal" autocomplete="off" maxLength={7} value={draft.typed} data-testid={`value-${code}`}
              aria-label={t('{s}，实测值，{u}', { s: title, u: unitName(measure.unit) })}
              onInput={(event) => {
                const typed = event.currentTarget.value;
                change(() => ({ typed, value: figureTyped(typed) }));
              }}
            />
            <span>{unitName(measure.unit)}</span>
          </label>
        )}
        {measure && <Hint measure={measure} draft={draft} />}
        <div class="answers">
          {ANSWERS.map((answer) => (
            <label key={answer} class={`answer answer-${answer} ${draft.answer === answer ? 'answer-chosen' : ''}`} data-testid={`answer-${code}-${answer}`}>
              <input
                type="radio" name={`answer-${code}`} value={answer} checked={draft.answer === answer}
                onChange={() => { change(() => ({ answer })); }}
              />
              <span>{answerName(answer)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {draft.answer === 'unmet' && (
        <>
          <p class={lack === 'evidence' ? 'form-error' : 'muted'}>{measure ? t('不符合：请填实测值或拍照') : t('不符合：请拍照')}</p>
          {photos.length > 0 && (
            <ul class="thumbs">{photos.map((photo) => <li key={photo.id}><Thumb photo_id={photo.id} alt={t('{s}的照片', { s: title })} /></li>)}</ul>
          )}
          <EvidenceButtons
            work={work} shot={shot} test_id={`evidence-${code}`}
            onKept={({ sha256 }) => { change((old) => ({ photos: [...old.photos, sha256] })); }}
          />
        </>
      )}
      {noting ? (
        <label class="field">
          <span>{t('说明（可不填）')}</span>
          <textarea
            class="input" rows={2} maxLength={400} value={draft.note} data-testid={`note-${code}`}
            onInput={(event) => { const { value } = event.currentTarget; change(() => ({ note: value })); }}
          />
        </label>
      ) : (
        draft.answer !== null && <button type="button" class="link-button" onClick={() => { note(true); }}>{t('加说明')}</button>
      )}
      <details>
        <summary>{t('依据')}</summary>
        <p class="muted">{either(standard.clause_zh, standard.clause_en)}</p>
      </details>
    </li>
  );
}

export function StandardsStep({ work, frame }: StepProps) {
  const { capture, subject } = work;
  const { policy } = subject.programme;
  const questions = questionsOf(work);
  const hashes = hashesOf(work);
  const answered = questions.filter(({ code }) => lackOf(draftOf(capture.standards, code), hashes) === null).length;
  const limit_deg = slopeThatMatters(policy.standards ?? [], subject.plot.land_type);
  const all = answered === questions.length;
  // A policy may leave the shot out of its list; the photo is of that kind all the same.
  const shot: Shot = policy.shots.find(({ kind }) => kind === 'problem') ?? {
    kind: 'problem', title_zh: '问题', title_en: 'A problem', hint_zh: '', hint_en: '', required: false, land_types: [],
  };
  return frame(
    <>
      <p class="lead" role="status">
        {t('{s}：已答 {n} / {m}', { s: landTypeName(subject.plot.land_type), n: answered, m: questions.length })}
      </p>
      {limit_deg !== null && <SlopeField work={work} limit_deg={limit_deg} />}
      {questions.length === 0 && <div class="empty"><p>{t('项目政策对这类地没有列出标准。')}</p></div>}
      <ol class="shots">{questions.map((standard) => <Question key={standard.code} work={work} standard={standard} shot={shot} />)}</ol>
    </>,
    <a class={all ? 'button button-main' : 'button button-main button-quiet'} href={hrefOf({ screen: 'capture', capture_id: capture.id, step: 'confirm' })}>
      {t('下一步：确认签名')}
    </a>,
  );
}
