/** Parts of the boundary's screens: figures, accuracy, and what has to be said about a ring. */

import type { ComponentChildren } from 'preact';
import { useEffect, useReducer, useState } from 'preact/hooks';
import { muOf } from '../../domain/area';
import { gradeOf, type AccuracyGrade } from '../../domain/walk';
import type { CaptureWork } from '../../state/capture-work';
import { t, tn } from '../../text';
import { duration, mu, squareMetres, whole } from '../../text/format';
import { useApp } from '../shared/context';
import { Icon, type IconName } from '../shared/icons';
import { useModal } from '../shared/modal';
import type { RingFaults } from './boundary-view';

const RING: Record<AccuracyGrade, string | undefined> = { good: undefined, fair: '6 3', poor: '1.5 4' };

export function gradeName(grade: AccuracyGrade): string {
  switch (grade) {
    case 'good': return t('良好');
    case 'fair': return t('一般');
    case 'poor': return t('较差');
  }
}

/** Colour, ring and word: whoever cannot see one sees the others. */
export function Accuracy({ work }: { work: CaptureWork }) {
  const { here } = useApp().whereabouts;
  if (!here) return <span class="accuracy accuracy-none" data-testid="accuracy">{t('等待定位')}</span>;
  const grade = gradeOf(here.accuracy_m, work.subject.programme.policy.walk);
  return (
    <span class={`accuracy accuracy-${grade}`} data-testid="accuracy" data-grade={grade}>
      <svg class="accuracy-ring" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <circle cx="12" cy="12" r="9.5" stroke-dasharray={RING[grade]} /><circle cx="12" cy="12" r="3" class="accuracy-dot" />
      </svg>
      <b>±{Math.round(here.accuracy_m)} m</b> {gradeName(grade)}
    </span>
  );
}

export function Figures({ work }: { work: CaptureWork }) {
  const { figures, verdict, boundary } = work;
  const { lap_areas_m2, holes_m2, ignored_count } = figures;
  return (
    <div class="walk-figures">
      <p class="walk-area">
        <span data-testid="walk-area">{mu(verdict.area_mu)}</span>
        <small> {t('亩')}{verdict.area_mu !== null && ` ±${mu(verdict.tolerance_mu)}`}</small>
      </p>
      <Accuracy work={work} />
      <p class="walk-more parts">
        {verdict.area_mu === null
          ? <span>{t('申报 {n} 亩', { n: mu(work.subject.plot.declared_mu) })}</span>
          : <><span>{squareMetres(figures.area_m2)}</span> <span>{t('周长 {n} 米', { n: whole(figures.perimeter_m) })}</span></>}{' '}
        <span><span data-testid="walk-fixes">{boundary.fixes.length}</span> {t('点')}</span>{' '}
        {ignored_count > 0 && <span>{tn('已忽略 {n} 个异常点', '已忽略 {n} 个异常点', ignored_count)}</span>}{' '}
        {holes_m2 > 0 && <span data-testid="walk-holes">{t('已扣除 {n} 亩', { n: mu(muOf(holes_m2)) })}</span>}
      </p>
      {lap_areas_m2.length > 0 && (
        <p class="walk-more walk-laps parts" data-testid="walk-laps">
          {lap_areas_m2.map((area_m2, i) => <span key={i}>{t('第 {n} 圈 {a} 亩', { n: i + 1, a: mu(muOf(area_m2)) })}{' '}</span>)}
          <b>{t('平均 {a} 亩 ±{e}', { a: mu(verdict.area_mu), e: mu(verdict.tolerance_mu) })}</b>
        </p>
      )}
    </div>
  );
}

/** What is wrong with the ring, each with its figure. */
export function Faults({ work, faults }: { work: CaptureWork; faults: RingFaults }) {
  const { walk, figures } = work.boundary;
  const lost_ms = walk.interruptions.filter((gap) => gap.cause !== 'paused').reduce((sum, gap) => sum + gap.to_t_ms - gap.from_t_ms, 0);
  return (
    <>
      {faults.crossings.length > 0 && <Fault kind="fail" testid="walk-crossing">{t('边界有交叉，请删除多余的点')}</Fault>}
      {faults.overlaps.map(({ neighbour, area_m2, significant, own }) => {
        const who = own ? t('本户地块 {n}', { n: neighbour.plot.number }) : t('{s}的地块 {n}', { s: neighbour.label, n: neighbour.plot.number });
        const text = significant
          ? t('与{s} 重叠 {n} 亩', { s: who, n: mu(muOf(area_m2)) })
          : t('与{s} 重叠 {n} 亩，在定位误差以内', { s: who, n: mu(muOf(area_m2)) });
        return <Fault key={neighbour.plot.id} kind={significant ? 'fail' : 'doubt'} testid="walk-overlap">{text}</Fault>;
      })}
      {!figures.laps_agree && <Fault kind="doubt" testid="walk-laps-differ">{t('几圈的面积相差超出定位误差，请再走一圈或改用卷尺')}</Fault>}
      {lost_ms > 0 && <Fault kind="doubt" testid="walk-gap">{t('记录中断过 {t}，缺的一段画成虚线', { t: duration(lost_ms) })}</Fault>}
    </>
  );
}

function Fault({ kind, testid, children }: { kind: 'fail' | 'doubt'; testid: string; children: string }) {
  return <p class={`walk-fault walk-fault-${kind}`} role="status" data-testid={testid}><Icon name="warn" /><span>{children}</span></p>;
}

/**
 * The recording stopped: the banner is the button that takes it up again, for only in a tap do some phones give the
 * screen back.
 */
export function Interruption({ work, onGoOn }: { work: CaptureWork; onGoOn: () => void }) {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => { again(undefined); }, 1_000);
    return () => { clearInterval(timer); };
  }, []);
  const interrupted_ms = work.boundary.interruptedMs();
  if (interrupted_ms === null) return null;
  return (
    <button type="button" class="walk-interrupted" data-testid="walk-interrupted" onClick={onGoOn}>
      <Icon name="warn" /><span>{t('记录已中断 {t}，点此继续', { t: duration(interrupted_ms) })}</span>
    </button>
  );
}

export interface Choice {
  key: string;
  icon: IconName;
  label: string;
  hint?: string;
  danger?: boolean;
  onChoose: () => void;
}

/** A list of what can be done, over the screen. */
export function Choices({ title, choices, onDone }: { title: string; choices: readonly Choice[] | null; onDone: () => void }) {
  const dialog = useModal(choices !== null);
  if (!choices) return null;
  return (
    <dialog ref={dialog} class="ask choices" aria-labelledby="choices-title" onClose={onDone}>
      <h2 id="choices-title">{title}</h2>
      {choices.map((choice) => (
        <button
          key={choice.key} type="button" class={choice.danger ? 'choice choice-danger' : 'choice'} data-testid={`choice-${choice.key}`}
          onClick={() => { dialog.current?.close(); choice.onChoose(); }}
        >
          <Icon name={choice.icon} /><span><b>{choice.label}</b>{choice.hint && <small>{choice.hint}</small>}</span>
        </button>
      ))}
      <button type="button" class="button button-quiet" onClick={() => dialog.current?.close()}>{t('取消')}</button>
    </dialog>
  );
}

/** Why a walk begins although the fixes are only fair; the reason goes along with it. */
export function StartReason({ accuracy_m, onGiven, onDone }: {
  accuracy_m: number | null; onGiven: (reason: string) => void; onDone: () => void;
}) {
  const dialog = useModal(accuracy_m !== null);
  const [reason, setReason] = useState('');
  if (accuracy_m === null) return null;
  const given = reason.trim();
  return (
    <dialog ref={dialog} class="ask" aria-labelledby="reason-title" onClose={onDone}>
      <h2 id="reason-title">{t('精度 ±{n} m，一般', { n: Math.round(accuracy_m) })}</h2>
      <p>{t('可以开始，但要说明原因；原因会随边界一起上报。')}</p>
      <div class="reasons" role="group" aria-label={t('说明原因')}>
        {[t('树冠遮挡'), t('山坡或房屋遮挡'), t('这台手机一直定不准')].map((each) => (
          <button key={each} type="button" class="reason" aria-pressed={reason === each} data-testid="start-reason" onClick={() => { setReason(each); }}>{each}</button>
        ))}
      </div>
      <label class="field">
        <span>{t('其他原因')}</span>
        <input class="input" type="text" maxLength={100} autocomplete="off" value={reason} onInput={(event) => { setReason(event.currentTarget.value); }} />
      </label>
      <div class="buttons">
        <button type="button" class="button button-quiet" onClick={() => dialog.current?.close()}>{t('取消')}</button>
        <button
          type="button" class="button" data-testid="start-with-reason" aria-disabled={given === ''}
          onClick={() => { if (given !== '') { dialog.current?.close(); onGiven(given); } }}
        >
          {t('开始')}
        </button>
      </div>
    </dialog>
  );
}

/** A small key of the row above the main ones: its sign above its word. */
export function Key({ icon, testid, disabled, onPress, children }: {
  icon: IconName; testid: string; disabled?: boolean; onPress: () => void; children: ComponentChildren;
}) {
  return (
    <button
      type="button" class="button button-quiet key" data-testid={testid} aria-disabled={disabled ?? false}
      onClick={() => { if (!disabled) onPress(); }}
    >
      <Icon name={icon} /><span>{children}</span>
    </button>
  );
}
