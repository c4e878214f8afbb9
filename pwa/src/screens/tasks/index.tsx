import { useMemo, useState } from 'preact/hooks';
import {
  dayOf, groupRows, matches, nextRow, taskRows, todayCount, wayThrough, type Order, type RowState, type TaskRow,
} from '../../domain/tasks';
import { ledgerReadiness } from '../../domain/readiness';
import type { Shot } from '../../domain/wire';
import type { Refreshed } from '../../state/account';
import { useObserved } from '../../state/observable';
import { t, tn } from '../../text';
import { arrow, dayName, distance, mu, shortTime } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { Icon } from '../shared/icons';
import { hrefOf } from '../shared/route';
import { attemptName, landTypeName, TaskTag } from '../shared/tag';
import { TodoList } from '../shared/todo';
import { useRoughPosition } from '../shared/whereabouts';

type Filter = 'open' | 'in_progress' | 'done' | 'returned';

const STATES: Record<Filter, readonly RowState[]> = {
  open: ['open'],
  in_progress: ['in_progress'],
  done: ['waiting', 'submitted', 'done'],
  returned: ['returned'],
};

function filterName(filter: Filter): string {
  switch (filter) {
    case 'open': return t('未开始');
    case 'in_progress': return t('进行中');
    case 'done': return t('已完成');
    case 'returned': return t('退回');
  }
}

const ORDERS: readonly Order[] = ['distance', 'route', 'roster'];

function orderName(order: Order): string {
  switch (order) {
    case 'distance': return t('按距离');
    case 'route': return t('按路线');
    case 'roster': return t('按名册');
  }
}

function problemOf(refreshed: Refreshed | null, has_ledger: boolean): string | null {
  if (refreshed === 'no_answer') return has_ledger ? t('连不上服务器，正在使用本机名册') : t('连不上服务器');
  if (refreshed === 'refused') return t('服务器没有给出名册，请联系乡镇管理员');
  return null;
}

function Row({ row, shots }: { row: TaskRow; shots: readonly Shot[] }) {
  const { household, plot, task, attempt } = row;
  const waits = row.state === 'open' || row.state === 'returned';
  return (
    <li>
      <a class="task" href={hrefOf({ screen: 'plot', plot_id: plot.id })} data-testid="task-row" data-plot-id={plot.id}>
        <span class="task-who">{household.head_name}</span>
        <TaskTag state={row.state} />
        <span class="task-what parts">
          <span>{t('地块 {n}', { n: plot.number })}</span> <span>{t('{n} 亩', { n: mu(plot.declared_mu) })}</span> <span>{landTypeName(plot.land_type)}</span>
        </span>
        {row.distance_m !== null && row.bearing_deg !== null && (
          <span class="task-far">{distance(row.distance_m)} {arrow(row.bearing_deg)}</span>
        )}
        {waits && attempt && <span class="task-note">{attemptName(attempt.kind)} · {shortTime(attempt.attempted_at)}</span>}
        {row.state === 'returned' && task.return_reason && (
          <span class="task-reason">{t('被退回：{reason}', { reason: task.return_reason })}</span>
        )}
        {row.state === 'returned' && <TodoList todo={task.todo} shots={shots} />}
      </a>
    </li>
  );
}

export function TasksScreen() {
  const app = useApp();
  const account = useAccount();
  const { whereabouts, preferring } = app;
  useObserved(account, whereabouts, preferring);
  const [query, setQuery] = useState('');
  const [filter, setFilter] = useState<Filter | null>(null);
  const order = preferring.value.order ?? 'distance';
  const [asked, setAsked] = useState(false);

  async function refresh() {
    await account.refreshLedger();
    setAsked(true);
  }

  const { ledger, copy, refreshed } = account;
  const problem = asked || !ledger ? problemOf(refreshed, ledger !== null) : null;
  const at = useRoughPosition(whereabouts);
  const known = [ledger, account.items, account.captures, account.notes.all];
  const found = useMemo(() => (ledger ? taskRows(ledger, account.localWork, at) : []), [...known, at?.[0], at?.[1]]);
  // Looked for anew every hundred metres: an order that turns with every step is none.
  const way = useMemo(() => (order === 'route' ? wayThrough(found, at) : null), [...known, at?.[0].toFixed(3), at?.[1].toFixed(3), order]);
  const rows = way ? found.map((row) => ({ ...row, stop: way.stops.get(row.task.id) })) : found;
  const shown = rows.filter((row) => matches(row, query) && (filter === null || STATES[filter].includes(row.state)));
  // On a route they stand where the way leads past them.
  const returned = order === 'route' ? [] : shown.filter((row) => row.state === 'returned');
  const villages = new Map(ledger?.regions.map((region) => [region.code, region.name]));
  const groups = groupRows(shown.filter((row) => !returned.includes(row)), villages, order);
  const shots = ledger?.programme.policy.shots ?? [];
  const now = new Date();
  const today = todayCount(rows, account.finishedAt, now);
  const checked = app.checked_on === dayOf(now);
  const outdated = ledger && copy && ledgerReadiness({ households: ledger.households.length, age_ms: now.getTime() - Date.parse(copy.fetched_at) }) === 'look';
  const next = nextRow(rows, order, dayOf(now));

  return (
    <Frame
      title={t('任务')}
      subtitle={[dayName(now), ...(ledger ? [t('今日 {done}/{all}', today)] : [])].join(' · ')}
      tab="tasks"
      top={
        <div class="tools" role="search">
          <label class="search">
            <Icon name="search" />
            <span class="hidden">{t('搜索')}</span>
            <input
              type="search" value={query} placeholder={t('姓名或首字母、编号、屯')} data-testid="task-search"
              onInput={(event) => { setQuery(event.currentTarget.value); }}
            />
          </label>
          <button
            type="button" class="square" aria-label={t('更新名册')} aria-disabled={account.refreshing}
            data-testid="refresh" onClick={() => void refresh()}
          >
            <span class={account.refreshing ? 'turning' : ''}><Icon name="refresh" /></span>
          </button>
        </div>
      }
      bottom={next && query === '' && filter === null && (
        <a class="button button-main next-plot" href={hrefOf({ screen: 'plot', plot_id: next.plot.id })} data-testid="next-plot">
          <span>{next.state === 'in_progress' ? t('继续：{name}', { name: next.household.head_name }) : t('下一户：{name}', { name: next.household.head_name })}</span>
          {next.distance_m !== null && <span>{distance(next.distance_m)}</span>}
        </a>
      )}
    >
      {!checked && (
        <a class="to-check" href={hrefOf({ screen: 'check' })} data-testid="today-check"><Icon name="warn" />{t('今天还没有做出发前检查')}</a>
      )}
      <div class="chips" role="group" aria-label={t('按状态筛选')}>
        {(Object.keys(STATES) as Filter[]).map((each) => (
          <button
            key={each} type="button" class={`chip chip-${each}`} aria-pressed={filter === each}
            onClick={() => { setFilter(filter === each ? null : each); }}
          >
            <b>{rows.filter((row) => STATES[each].includes(row.state)).length}</b>
            <span>{filterName(each)}</span>
          </button>
        ))}
      </div>
      <p class={outdated && !account.refreshing ? 'updated updated-long-ago' : 'updated'} role="status" data-testid="updated">
        {account.refreshing
          ? (ledger ? t('正在更新名册…') : t('正在下载名册…'))
          : problem ?? (copy ? t('名册已更新 {t}', { t: shortTime(copy.fetched_at) }) : '')}
        {outdated && !account.refreshing && <b>{t('名册过期，请联网更新')}</b>}
      </p>
      {rows.length > 0 && (
        <div class="segments segments-3 order" role="group" aria-label={t('排序')}>
          {ORDERS.map((each) => (
            <button key={each} type="button" aria-pressed={order === each} data-testid={`order-${each}`} onClick={() => void preferring.choose({ order: each })}>
              {orderName(each)}
            </button>
          ))}
        </div>
      )}
      {way && way.length_m > 0 && <p class="muted">{t('走完约 {n}（直线距离）', { n: distance(way.length_m) })}</p>}

      {!ledger && !account.refreshing && (
        <div class="empty">
          <h2>{t('本机还没有名册')}</h2>
          {refreshed !== 'refused' && <p>{t('有网络时会自动下载，之后离线也能用。')}</p>}
          <button type="button" class="button button-main" onClick={() => void refresh()}>{t('下载名册')}</button>
        </div>
      )}
      {ledger && rows.length === 0 && (
        <div class="empty"><h2>{t('没有任务')}</h2><p>{t('乡镇还没有给您的区域分配验收任务。')}</p></div>
      )}
      {rows.length > 0 && shown.length === 0 && (
        <div class="empty">
          <h2>{t('没有符合的地块')}</h2>
          <button type="button" class="button button-quiet" onClick={() => { setQuery(''); setFilter(null); }}>
            {t('显示全部')}
          </button>
        </div>
      )}

      {returned.length > 0 && (
        <section class="group">
          <h2>{t('退回')} <small>{tn('{n} 块', '{n} 块', returned.length)}</small></h2>
          <ul class="tasks">{returned.map((row) => <Row key={row.task.id} row={row} shots={shots} />)}</ul>
        </section>
      )}
      {groups.map((group, i) => (
        <section class="group" key={`${group.village}/${group.name}${order === 'route' ? i : ''}`}>
          <h2>{group.name} <small>{group.village} · {tn('{n} 块', '{n} 块', group.rows.length)}</small></h2>
          <ul class="tasks">{group.rows.map((row) => <Row key={row.task.id} row={row} shots={shots} />)}</ul>
        </section>
      ))}
      <div class="list-ways">
        {checked && <a class="button button-quiet" href={hrefOf({ screen: 'check' })}>{t('出发前检查')}</a>}
        {ledger && <a class="button button-quiet" href={hrefOf({ screen: 'add' })} data-testid="to-add">{t('名册外的地块')}</a>}
      </div>
    </Frame>
  );
}
