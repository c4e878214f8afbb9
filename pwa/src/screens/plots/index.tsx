/** All plots of the region (地块): what lies around here, drawn, and every household with its plots as a list. */

import { useMemo } from 'preact/hooks';
import { distanceM } from '../../domain/area';
import { homesOf, type PlotRow } from '../../domain/households';
import { taskRows } from '../../domain/tasks';
import type { Position } from '../../domain/wire';
import { useObserved } from '../../state/observable';
import { t, tn, tp } from '../../text';
import { arrow, distance, mu } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { hrefOf } from '../shared/route';
import { Sketch } from '../shared/sketch';
import { landTypeName, Tag, TaskTag } from '../shared/tag';
import { useRoughPosition } from '../shared/whereabouts';

const AROUND_M = 150;

function Row({ plot, row, distance_m, bearing_deg }: PlotRow) {
  return (
    <li>
      <a class="task" href={hrefOf({ screen: 'plot', plot_id: plot.id })} data-testid="plot-row">
        <span class="task-who">{t('地块 {n}', { n: plot.number })}</span>
        {row ? <TaskTag state={row.state} /> : <Tag kind="plain">{t('没有任务')}</Tag>}
        <span class="task-what parts"><span>{t('申报 {n} 亩', { n: mu(plot.declared_mu) })}</span> <span>{landTypeName(plot.land_type)}</span></span>
        {distance_m !== null && bearing_deg !== null && <span class="task-far">{distance(distance_m)} {arrow(bearing_deg)}</span>}
      </a>
    </li>
  );
}

export function PlotsScreen() {
  const account = useAccount();
  const { whereabouts } = useApp();
  useObserved(account, whereabouts);
  const { ledger } = account;
  const { here } = whereabouts;
  const at = useRoughPosition(whereabouts);
  const homes = useMemo(
    () => (ledger ? homesOf(ledger, taskRows(ledger, account.localWork, at), at) : []),
    [ledger, account.items, account.captures, at?.[0], at?.[1]],
  );
  const all = homes.flatMap(({ household, plots }) => plots.map((each) => ({ ...each, label: household.head_name })));
  const centre: Position | undefined = at ?? all.find(({ row }) => row?.state === 'open')?.plot.centre ?? all[0]?.plot.centre;
  const around = all.flatMap(({ plot, row, label }) => {
    const ring = plot.boundary?.coordinates[0];
    return ring && centre && distanceM(centre, plot.centre) < AROUND_M ? [{ ring, label, state: row?.state, centre: plot.centre }] : [];
  });
  const finished = around.filter(({ state }) => state === 'done' || state === 'submitted' || state === 'waiting');
  return (
    <Frame
      title={tp('页面', '地块')} tab="plots"
      subtitle={ledger ? [tn('{n} 户', '{n} 户', homes.length), tn('{n} 块', '{n} 块', all.length), t('{n} 亩', { n: mu(homes.reduce((sum, each) => sum + each.declared_mu, 0)) })].join(' · ') : undefined}
    >
      {all.length === 0 && <div class="empty"><h2>{t('本机还没有名册')}</h2><p>{t('请返回任务页更新名册。')}</p></div>}
      {centre && around.length > 0 && (
        <>
          <Sketch
            what={{
              outline: null, centre, track: [], closed: false,
              framed: around.map((each) => each.centre),
              neighbours: around.map((each) => ({ ...each, overlaps: each.state === 'returned' })),
              rings: finished.map(({ ring }) => ({ ring, hole: false })),
              here: here && { position: [here.lon, here.lat], accuracy_m: here.accuracy_m },
            }}
            said={t('附近地块示意图，上方为北；各块的情况在下面的列表里')}
          />
          <p class="muted locating">{t('绿：已验收；红：退回；灰：未验收')}</p>
        </>
      )}
      {homes.map(({ household, plots }) => (
        <section class="group" key={household.id}>
          <h2>{household.head_name} <small>{household.group_name} · {tn('{n} 人', '{n} 人', household.person_count)}</small></h2>
          <ul class="tasks">{plots.map((each) => <Row key={each.plot.id} {...each} />)}</ul>
        </section>
      ))}
    </Frame>
  );
}
