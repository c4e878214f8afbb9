/** ① Walking the boundary (绕地). */

import { useMemo, useState } from 'preact/hooks';
import { distanceToStartM, mayClose, positionOf, usableFixes } from '../../domain/walk';
import { useObserved } from '../../state/observable';
import { t } from '../../text';
import { duration, mu, squareMetres, whole } from '../../text/format';
import { Ask, type Question } from '../shared/ask';
import { useAccount, useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { hrefOf } from '../shared/route';
import { neighboursOf, Sketch } from '../shared/sketch';
import type { StepProps } from '.';

function Accuracy({ accuracy_m, start_m, max_m }: { accuracy_m: number | null; start_m: number; max_m: number }) {
  if (accuracy_m === null) return <span class="accuracy accuracy-none">{t('等待定位')}</span>;
  const grade = accuracy_m <= start_m / 2 ? 'good' : accuracy_m <= max_m ? 'fair' : 'poor';
  const word = grade === 'good' ? t('良好') : grade === 'fair' ? t('一般') : t('较差');
  return <span class={`accuracy accuracy-${grade}`}><b>±{Math.round(accuracy_m)} m</b> {word}</span>;
}

export function BoundaryStep({ work, frame }: StepProps) {
  const app = useApp();
  const account = useAccount();
  const { whereabouts } = app;
  useObserved(whereabouts);
  const [question, ask] = useState<Question | null>(null);
  const { capture, fixes, figures, subject } = work;
  const { plot, programme } = subject;
  const { policy } = programme;
  const { walk } = capture;
  const { here } = whereabouts;

  const neighbours = useMemo(
    () => neighboursOf(plot, account.ledger?.plots ?? [], (each) => account.plot(each.id)?.household.head_name ?? ''),
    [plot, account.ledger],
  );
  const track = useMemo(() => {
    const counted = new Set(usableFixes(fixes, policy.walk));
    return fixes.map((fix) => ({
      position: positionOf(fix),
      counts: counted.has(fix),
      after_gap: walk.interruptions.some((gap) => gap.from_t_ms < fix.t_ms && fix.t_ms <= gap.to_t_ms + 1),
    }));
  }, [fixes, walk.interruptions]);

  const toStart_m = distanceToStartM(fixes);
  const closable = mayClose(fixes, policy.walk);
  const lost_ms = walk.interruptions.filter((gap) => gap.cause !== 'paused').reduce((sum, gap) => sum + gap.to_t_ms - gap.from_t_ms, 0);
  const tooCoarse = here !== null && here.accuracy_m > policy.walk.max_accuracy_m;
  const ready = here !== null && !tooCoarse;

  function close() {
    if (closable) {
      void work.close();
      return;
    }
    ask({
      title: t('还没有回到起点'),
      text: t('距起点 {n} 米。现在闭合会用直线补上这一段。', { n: whole(toStart_m ?? 0) }),
      yes: t('仍然闭合'),
      onYes: () => void work.close(),
    });
  }

  function again() {
    ask({
      title: t('重新绕地？'),
      text: t('这次的轨迹会留在手机里，但不再上报。'),
      yes: t('重新绕地'),
      danger: true,
      onYes: () => void work.walkAgain(),
    });
  }

  function statusText(): string {
    if (whereabouts.trouble === 'denied') return t('没有定位权限，请在浏览器设置里允许');
    if (whereabouts.trouble === 'unsupported') return t('这个浏览器不能定位，请换用系统浏览器');
    if (walk.state === 'closed') return t('边界已闭合，周长 {n} 米', { n: whole(figures.perimeter_m) });
    if (!here) return t('信号弱，正在等待定位');
    if (tooCoarse) return t('精度较差，请到空旷处稍等');
    if (walk.state === 'idle') return t('站到地块的一个角上，然后开始绕地');
    if (closable) return t('已回到起点附近，可以闭合');
    if (walk.state === 'paused') return t('已暂停，回到最后一点附近再继续');
    return toStart_m === null ? t('正在记录，请沿边界走') : t('距起点 {n} 米', { n: whole(toStart_m) });
  }

  const began = fixes.length > 0;
  const canForce = fixes.length >= 4;
  const interrupted = walk.state === 'paused' && began;

  return frame(
    <div class="walk">
      <div class="walk-figures">
        <p class="walk-area">
          <span data-testid="walk-area">{mu(work.verdict.area_mu)}</span>
          <small> {t('亩')}{work.verdict.area_mu !== null && ` ±${mu(work.verdict.tolerance_mu)}`}</small>
        </p>
        <Accuracy accuracy_m={here?.accuracy_m ?? null} start_m={policy.walk.start_accuracy_m} max_m={policy.walk.max_accuracy_m} />
        <p class="walk-more">
          {squareMetres(figures.area_m2)} · {t('周长 {n} 米', { n: whole(figures.perimeter_m) })} · <span data-testid="walk-fixes">{fixes.length}</span> {t('点')}
          {figures.ignored_count > 0 && <> · {t('已忽略 {n} 个异常点', { n: figures.ignored_count })}</>}
        </p>
      </div>
      <Sketch
        what={{
          outline: plot.boundary?.coordinates[0] ?? null,
          centre: plot.centre,
          neighbours,
          track,
          closed: walk.state === 'closed',
          here: here && { position: [here.lon, here.lat], accuracy_m: here.accuracy_m },
        }}
        said={t('轨迹示意图，上方为北；已记录 {n} 个定位点', { n: fixes.length })}
      />
      {lost_ms > 0 && (
        <p class="walk-gap"><Icon name="warn" /> {t('记录中断过 {t}，缺的一段画成虚线', { t: duration(lost_ms) })}</p>
      )}
      <p class={closable && walk.state !== 'closed' ? 'walk-status walk-status-ready' : 'walk-status'} role="status">{statusText()}</p>
      <Ask question={question} onDone={() => { ask(null); }} />
    </div>,
    <>
      {began && (
        <div class="buttons">
          {walk.state !== 'closed' && (
            <button type="button" class="button button-quiet" data-testid="walk-undo" onClick={() => void work.undoPoint()}>
              <Icon name="undo" />{t('撤销一点')}
            </button>
          )}
          {walk.state !== 'recording' && (
            <button type="button" class="button button-quiet" data-testid="walk-again" onClick={again}>
              <Icon name="refresh" />{t('重新绕地')}
            </button>
          )}
        </div>
      )}
      <div class="buttons">
        {walk.state === 'idle' && (
          <button
            type="button" class="button button-main" data-testid="walk-start" aria-disabled={!ready}
            onClick={() => { if (ready) void work.record(here); }}
          >
            <Icon name="play" />{ready ? t('开始绕地') : t('等待定位…')}
          </button>
        )}
        {walk.state === 'paused' && (
          <button type="button" class="button button-main" data-testid="walk-resume" onClick={() => void work.record(here)}>
            <Icon name="play" />{interrupted ? t('继续绕地') : t('开始绕地')}
          </button>
        )}
        {walk.state === 'recording' && (
          <button type="button" class="button button-main button-quiet" data-testid="walk-pause" onClick={() => void work.pause()}>
            <Icon name="pause" />{t('暂停')}
          </button>
        )}
        {(walk.state === 'recording' || walk.state === 'paused') && (
          <button
            type="button" class={closable ? 'button button-main' : 'button button-main button-quiet'} data-testid="walk-close"
            aria-disabled={!canForce} onClick={() => { if (canForce) close(); }}
          >
            <Icon name="loop" />{t('闭合边界')}
          </button>
        )}
        {walk.state === 'closed' && (
          <a class="button button-main" href={hrefOf({ screen: 'capture', capture_id: capture.id, step: 'photos' })}>{t('下一步：照片')}</a>
        )}
      </div>
    </>,
    true,
  );
}
