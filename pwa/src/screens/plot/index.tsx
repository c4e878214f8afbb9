import { useEffect, useMemo, useState } from 'preact/hooks';
import { startCapture } from '../../db/captures';
import { LEAST_FREE_BYTES, roomForCapture } from '../../device/space';
import { distanceM } from '../../domain/area';
import { capFen } from '../../domain/verdict';
import { inspectedBy } from '../../domain/visits';
import type { Position } from '../../domain/wire';
import type { Note } from '../../outbox/note';
import { useObserved } from '../../state/observable';
import { joinsSaidOf } from '../../state/visits';
import { t, tn } from '../../text';
import { distance, byteSize, mu, yuan } from '../../text/format';
import { Ask, type Question } from '../shared/ask';
import { useAccount, useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { go, hrefOf } from '../shared/route';
import { neighboursOf, Sketch } from '../shared/sketch';
import { landTypeName, SampleTag, Tag } from '../shared/tag';
import { TodoList } from '../shared/todo';
import { NotToday } from './not-today';
import { Visits } from './visits';

export function PlotScreen({ plot_id }: { plot_id: string }) {
  const app = useApp();
  const account = useAccount();
  const { whereabouts } = app;
  useObserved(app, account, whereabouts);
  const [busy, setBusy] = useState(false);
  const [full, setFull] = useState(false);
  const [asking, setAsking] = useState(false);
  const [question, ask] = useState<Question | null>(null);
  // The receiver warms up while the inspector reads.
  useEffect(() => whereabouts.watch(), [whereabouts]);
  useEffect(() => void app.lookAtSpace(), [app]);

  const { ledger } = account;
  const found = account.plot(plot_id);
  const neighbours = useMemo(
    () => (found && ledger
      ? neighboursOf(found.plot, ledger.plots, (plot) => account.plot(plot.id)?.household.head_name ?? '')
      : []),
    [ledger, plot_id],
  );
  if (!ledger || !found) {
    return (
      <Frame title={t('地块')} back={{ screen: 'tasks' }}>
        <div class="empty"><h2>{t('本机名册里没有这块地')}</h2><p>{t('请返回任务页更新名册。')}</p></div>
      </Frame>
    );
  }

  const { plot, household } = found;
  const { policy } = ledger.programme;
  const tasks = ledger.tasks.filter((task) => task.plot_id === plot.id);
  const task = tasks.find((each) => each.state === 'open' || each.state === 'returned') ?? tasks[0];
  const open = account.captures.find((capture) => capture.plot_id === plot.id && capture.finished_at === null);
  // A returned task asks for a new visit, once the earlier one is no longer on its way.
  const waiting = task && account.localWork.waiting.has(task.id);
  const settled = task && (account.localWork.received.has(task.id) || task.state === 'submitted' || task.state === 'done');
  const village = ledger.regions.find((region) => region.code === household.village_code)?.name ?? '';
  const { here } = whereabouts;
  const away_m = here && distanceM([here.lon, here.lat], plot.centre);
  const cap_fen = capFen(policy, household);
  const note = account.notes.all.find((each) => each.kind === 'plot' && each.id === plot.id);
  const others = account.othersOf(plot);
  const before = task?.state === 'open' && !open ? inspectedBy(ledger.visits ?? [], plot.id) : null;

  function begin() {
    if (before === null) void start();
    else ask({ title: t('此户已由 {name} 验收，是否补充？', { name: before }), yes: t('补充'), onYes: () => void start() });
  }

  async function start() {
    if (busy || !task) return;
    setBusy(true);
    try {
      // Looked at now, not when the screen opened; work that has begun may always go on.
      const room = open !== undefined || (await roomForCapture());
      setFull(!room);
      if (!room) return;
      const capture = await startCapture(account.db, {
        task_id: task.id, plot_id: plot.id, started_at: new Date().toISOString(),
        predecessor_id: task.state === 'returned' ? account.latestOf(task) : null,
        joins: joinsSaidOf(account.captures, plot.id),
      });
      await account.reload();
      go({ screen: 'capture', capture_id: capture.id, step: capture.step });
    } catch {
      // The red bar of the frame says what the store said.
    } finally {
      setBusy(false);
    }
  }

  return (
    <Frame
      title={household.head_name}
      subtitle={t('地块 {n}', { n: plot.number })}
      back={{ screen: 'tasks' }}
      bottom={
        !task ? <p class="muted">{t('这块地没有验收任务')}</p>
          : !open && waiting ? <a class="button button-quiet button-main" href={hrefOf({ screen: 'outbox' })}>{t('已完成验收，查看上传')}</a>
          : !open && settled && task.state !== 'returned' ? <p class="muted">{t('这块地已经验收并上传')}</p>
          : (
            <>
              {!open && (app.spaceShort || full) && (
                <p class="panel panel-fail" role="alert" data-testid="space-short">
                  <b>{t('手机空间不足，请先上传照片')}</b>
                  {app.spaceShort && <><br />{t('还剩 {a}，开始一次验收至少需要 {b}', { a: byteSize(app.free_bytes ?? 0), b: byteSize(LEAST_FREE_BYTES) })}</>}
                </p>
              )}
              <div class="buttons">
                {!open && (
                  <button type="button" class="button button-quiet" data-testid="cannot-today" aria-expanded={asking} onClick={() => { setAsking(!asking); }}>
                    {t('无法验收')}
                  </button>
                )}
                <button
                  type="button" class="button button-main button-wide" data-testid="start-inspection"
                  aria-disabled={busy} onClick={begin}
                >
                  {open ? t('继续验收') : t('开始验收')}
                </button>
              </div>
            </>
          )
      }
    >
      {task?.state === 'returned' && task.return_reason && !waiting && (
        <div class="panel panel-fail apart">
          <p><b>{t('被退回：{reason}', { reason: task.return_reason })}</b></p>
          <TodoList todo={task.todo} shots={policy.shots} />
        </div>
      )}
      {note && <FoundNote note={note} />}
      {asking && task && !open && <NotToday task_id={task.id} plot_id={plot.id} onDone={() => { setAsking(false); }} />}
      <Sketch
        what={{
          outline: plot.boundary?.coordinates[0] ?? null,
          centre: plot.centre,
          neighbours,
          track: [],
          closed: false,
          here: here && { position: [here.lon, here.lat] as Position, accuracy_m: here.accuracy_m },
        }}
        said={t('地块和邻地示意图，上方为北')}
      />
      <p class="locating" role="status">
        {here
          ? [
            t('定位精度 ±{n} 米', { n: Math.round(here.accuracy_m) }),
            ...(away_m === null ? [] : [t('距地块 {d}', { d: distance(away_m) })]),
          ].join(' · ')
          : whereabouts.trouble === 'denied' ? t('没有定位权限，请在浏览器设置里允许') : t('正在定位…')}
      </p>
      <dl class="facts">
        <div><dt>{t('申报面积')}</dt><dd>{t('{n} 亩', { n: mu(plot.declared_mu) })}</dd></div>
        <div><dt>{t('地类')}</dt><dd>{landTypeName(plot.land_type)}</dd></div>
        <div><dt>{t('位置')}</dt><dd>{village} {household.group_name}</dd></div>
        {household.code && <div><dt>{t('户编号')}</dt><dd>{household.code}</dd></div>}
        <div>
          <dt>{t('家庭人口')}</dt>
          <dd>
            {tn('{n} 人', '{n} 人', household.person_count)}
            {cap_fen !== null && <small>{t('补助上限 {m}', { m: yuan(cap_fen) })} {policy.sample_parameters.includes('cap') && <SampleTag />}</small>}
          </dd>
        </div>
        {others.length > 0 && (
          <div><dt>{t('同户其他地块')}</dt><dd>{others.map((each) => t('地块 {n}', { n: each.number })).join(t('、'))}</dd></div>
        )}
        {task?.due_on && <div><dt>{t('期限')}</dt><dd>{task.due_on}</dd></div>}
      </dl>
      <Visits plot_id={plot.id} previous={task?.previous ?? null} />
      <Ask question={question} onDone={() => { ask(null); }} />
      <p class="muted">{t('手机里没有电话、身份证和银行卡号，需要联系时请找村干部。')}</p>
    </Frame>
  );
}

/** A plot found in the field says how far its registration has come. */
function FoundNote({ note }: { note: Note }) {
  const account = useAccount();
  return (
    <div class={`panel apart ${note.state === 'failed' ? 'panel-fail' : 'panel-plain'}`} data-testid="found-note" data-state={note.state}>
      <p>
        <Tag kind={note.state === 'failed' ? 'fail' : 'info'}>{t('计划外')}</Tag>{' '}
        {note.state === 'held' ? t('已送到乡镇，等待核实')
          : note.state === 'queued' ? t('联网后先送到乡镇；现在就可以验收')
          : t('乡镇没有接受：{reason}', { reason: note.failure?.detail ?? '' })}
      </p>
      {note.state === 'failed' && (
        <>
          <p>{t('验收内容仍在手机里，照常上传，由乡镇人工处理。')}</p>
          <button type="button" class="button button-quiet" onClick={() => void account.retryNote(note.id)}>{t('立即重试')}</button>
        </>
      )}
    </div>
  );
}
