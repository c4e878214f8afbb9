/** ① The boundary (边界): walked, or corner by corner; its other ways have screens of their own. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import { keptMap } from '../../device/kept-map';
import { distanceM } from '../../domain/area';
import { CORNER_FIXES } from '../../domain/corner';
import { distanceToStartM, mayClose, positionOf, RESUME_WITHIN_M, startGate } from '../../domain/walk';
import { useObserved } from '../../state/observable';
import { t } from '../../text';
import { whole } from '../../text/format';
import { Ask, type Question } from '../shared/ask';
import { useAccount, useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { lazy } from '../shared/lazy';
import { useOnceATouch } from '../shared/repeat';
import { neighboursOf, Sketch } from '../shared/sketch';
import { AdjustView } from './boundary-adjust';
import { ClosedActions, Joins } from './boundary-closed';
import { Choices, Faults, Figures, Interruption, Key, StartReason } from './boundary-parts';
import { TapeView } from './boundary-tape';
import { faultsOf, sketchOf } from './boundary-view';
import { otherWays } from './boundary-ways';
import type { StepProps } from '.';

type View = 'walk' | 'tape' | 'adjust';

const BaseMap = lazy(async () => (await import('../shared/map')).BaseMap);

export function BoundaryStep({ work, frame }: StepProps) {
  const app = useApp();
  const account = useAccount();
  const { whereabouts } = app;
  useObserved(whereabouts);
  const [view, setView] = useState<View>('walk');
  const [question, ask] = useState<Question | null>(null);
  const [waysOpen, openWays] = useState(false);
  const [reasonFor_m, askReason] = useState<number | null>(null);
  const [base, setBase] = useState<{ note: string; max_zoom: number } | null>(null);
  const [onMap, showMap] = useState(false);
  const once = useOnceATouch();
  const { boundary, subject } = work;
  const { plot, programme } = subject;
  const terms = programme.policy.walk;
  const { walk, fixes, method, corner } = boundary;
  const { here } = whereabouts;

  useEffect(() => {
    // A server that has tiles and can be reached has a map to show, or this phone has kept some of it.
    void app.api.baseMap().then(async ({ status, body }) => { setBase(status === 200 ? body?.base_map ?? null : await keptMap(account.user_id)); });
  }, [app.in_contact]);

  const neighbours = useMemo(
    () => neighboursOf(plot, account.ledger?.plots ?? [], (each) => account.plot(each.id)?.household.head_name ?? ''),
    [plot, account.ledger],
  );
  const faults = useMemo(() => faultsOf(work, neighbours), [fixes, walk.state, walk.attempt, neighbours]);
  const sketched = sketchOf(work, neighbours, here, faults);

  const tile = (z: number, x: number, y: number) => app.api.tile(z, x, y);
  const toStart_m = distanceToStartM(fixes);
  const corners = method === 'corners';
  const placed = method === 'tape' || method === 'earlier';
  const closable = corners ? fixes.length >= 3 : mayClose(fixes, terms, walk.lap_ends_t_ms);
  const canForce = corners ? closable : fixes.length >= 4;
  const gate = here === null ? null : startGate(here.accuracy_m, terms);
  const poor = here !== null && here.accuracy_m > terms.max_accuracy_m;
  const lap = (walk.lap_ends_t_ms?.length ?? 0) + 1;

  function start(start_reason?: string) {
    void boundary.record(here, { method: method === 'corners' ? 'corners' : 'walk', ...(start_reason !== undefined && { start_reason }) });
  }

  function close() {
    if (closable) {
      void boundary.close();
      return;
    }
    ask({
      title: t('还没有回到起点'),
      text: t('距起点 {n} 米。现在闭合会用直线补上这一段，并记录在案。', { n: whole(toStart_m ?? 0) }),
      yes: t('仍然闭合'),
      onYes: () => void boundary.close(true),
    });
  }

  function goOn() {
    if (whereabouts.trouble) whereabouts.again();
    const last = fixes.at(-1);
    const away_m = last && here ? distanceM(positionOf(last), [here.lon, here.lat]) : 0;
    if (walk.state !== 'paused' || corners || away_m <= RESUME_WITHIN_M) {
      void boundary.goOn(here);
      return;
    }
    ask({
      title: t('离最后一点 {n} 米', { n: whole(away_m) }),
      text: t('请回到最后一点 {n} 米以内再继续，否则中间用直线补上，画成虚线。', { n: RESUME_WITHIN_M }),
      yes: t('就从这里继续'),
      onYes: () => void boundary.goOn(here),
    });
  }

  function statusText(): string {
    if (whereabouts.trouble === 'denied') return t('没有定位权限，请在浏览器设置里允许');
    if (whereabouts.trouble === 'unsupported') return t('这个浏览器不能定位，请换用系统浏览器');
    if (corner) return t('站稳别动，正在取平均 {n}/{m}', { n: corner.fixes.length, m: CORNER_FIXES });
    if (walk.state === 'closed') return t('边界已闭合');
    if (!here) return t('信号弱，正在等待定位');
    if (walk.state === 'idle') {
      if (gate === 'wait') return t('精度较差，请到空旷处稍等，或改用卷尺丈量');
      if (boundary.inHole) return t('站到要扣除的房屋或水塘边上，然后开始');
      return gate === 'reason' ? t('精度一般，说明原因后可以开始') : t('站到地块的一个角上，然后开始绕地');
    }
    if (poor) return t('精度较差，请到空旷处稍等');
    if (corners) return t('走到每个角上各定一次，已定 {n} 个角', { n: fixes.length });
    if (closable) return t('已回到起点附近，是否闭合？');
    if (walk.state === 'paused') return t('已暂停，请在最后一点 {n} 米以内继续', { n: RESUME_WITHIN_M });
    if (toStart_m === null) return t('正在记录，请沿边界走');
    return lap > 1 ? t('第 {n} 圈，距起点 {m} 米', { n: lap, m: whole(toStart_m) }) : t('距起点 {n} 米', { n: whole(toStart_m) });
  }

  if (view === 'tape') return <TapeView work={work} frame={frame} onDone={() => { setView('walk'); }} />;
  if (view === 'adjust') return <AdjustView work={work} frame={frame} neighbours={neighbours} faults={faults} onDone={() => { setView('walk'); }} />;

  const under_way = walk.state === 'recording' || walk.state === 'paused';
  const ready = corners ? here !== null : gate === 'free' || gate === 'reason';
  const content = (
    <div class="walk">
      {under_way && <Interruption work={work} onGoOn={goOn} />}
      <Figures work={work} />
      {base && onMap
        ? <BaseMap what={sketched} said={t('地块底图')} note={base.note} max_zoom={base.max_zoom} user_id={account.user_id} tile={tile} />
        : <Sketch what={sketched} said={t('轨迹示意图，上方为北；已记录 {n} 个定位点', { n: fixes.length })} />}
      {base && (
        <button type="button" class="map-toggle" aria-pressed={onMap} data-testid="map-toggle" onClick={() => { showMap(!onMap); }}>
          {onMap ? t('草图') : t('底图')}
        </button>
      )}
      <Faults work={work} faults={faults} />
      <p class={closable && under_way ? 'walk-status walk-status-ready' : 'walk-status'} role="status" data-testid="walk-status">{statusText()}</p>
      {walk.state === 'closed' && <Joins work={work} />}
      <Ask question={question} onDone={() => { ask(null); }} />
      <StartReason accuracy_m={reasonFor_m} onGiven={start} onDone={() => { askReason(null); }} />
      <Choices
        title={t('其他办法')}
        choices={waysOpen ? otherWays(work, here, { onTape: () => { setView('tape'); }, ask }) : null}
        onDone={() => { openWays(false); }}
      />
    </div>
  );
  return frame(
    content,
    <>
      {under_way && (
        <div class="buttons keys">
          <Key icon="undo" testid="walk-undo" disabled={!boundary.canUndo} onPress={() => void boundary.undoPoint()}>{t('撤销一点')}</Key>
          <Key icon="redo" testid="walk-redo" disabled={!boundary.canRedo} onPress={() => void boundary.redoPoint()}>{t('重做')}</Key>
          {walk.state === 'paused' && lap > 1 && <Key icon="cross" testid="walk-drop-lap" onPress={() => void boundary.dropLap()}>{t('不走这一圈')}</Key>}
          {walk.state === 'paused' && lap === 1 && <Key icon="more" testid="walk-ways" onPress={() => { openWays(true); }}>{t('其他办法')}</Key>}
          {walk.state === 'recording' && !corners && (corner
            ? <Key icon="cross" testid="corner-cancel" onPress={() => { boundary.cancelCorner(); }}>{t('取消 {n}/{m}', { n: corner.fixes.length, m: CORNER_FIXES })}</Key>
            : <Key icon="corner" testid="corner-start" onPress={() => { boundary.startCorner(); }}>{t('转角定点')}</Key>)}
        </div>
      )}
      {walk.state === 'idle' && (
        <>
          <div class="buttons">
            {boundary.inHole
              ? <button type="button" class="button button-quiet" data-testid="hole-drop" onClick={() => void boundary.dropHole()}>{t('不扣了')}</button>
              : <button type="button" class="button button-quiet" data-testid="walk-ways" onClick={() => { openWays(true); }}><Icon name="more" />{t('其他办法')}</button>}
            {gate === 'wait' && !boundary.inHole && (
              <button type="button" class="button button-quiet" data-testid="walk-tape" onClick={() => { setView('tape'); }}><Icon name="tape" />{t('卷尺丈量')}</button>
            )}
          </div>
          <button
            type="button" class="button button-main" data-testid="walk-start" aria-disabled={!ready}
            onClick={() => { if (ready && here) { if (gate === 'reason' && !corners) askReason(here.accuracy_m); else start(); } }}
          >
            <Icon name="play" />{!ready ? t('等待定位…') : corners ? t('开始定角点') : gate === 'reason' ? t('说明原因后开始') : t('开始绕地')}
          </button>
        </>
      )}
      {under_way && (
        <div class="buttons">
          {corners && (corner
            ? <button type="button" class="button button-main button-quiet" data-testid="corner-cancel" onClick={() => { boundary.cancelCorner(); }}>{t('取消 {n}/{m}', { n: corner.fixes.length, m: CORNER_FIXES })}</button>
            : (
              <button
                type="button" class={closable ? 'button button-main button-quiet' : 'button button-main'} data-testid="corner-start"
                onClick={() => { void (walk.state === 'paused' ? boundary.record(here) : Promise.resolve()).then(() => { boundary.startCorner(); }); }}
              >
                <Icon name="corner" />{t('定这个角')}
              </button>
            ))}
          {!corners && (walk.state === 'paused'
            ? <button type="button" class="button button-main" data-testid="walk-resume" onClick={() => { once(goOn); }}><Icon name="play" />{t('继续')}</button>
            : <button type="button" class="button button-main button-quiet" data-testid="walk-pause" onClick={() => { once(() => void boundary.pause()); }}><Icon name="pause" />{t('暂停')}</button>)}
          <button
            type="button" class={closable ? 'button button-main' : 'button button-main button-quiet'} data-testid="walk-close"
            aria-disabled={!canForce} onClick={() => { if (canForce) close(); }}
          >
            <Icon name="loop" />{t('闭合边界')}
          </button>
        </div>
      )}
      {walk.state === 'closed' && (
        <ClosedActions work={work} here={here} placed={placed} ask={ask} onAdjust={() => { setView('adjust'); }} onTape={() => { setView('tape'); }} />
      )}
    </>,
    true,
  );
}
