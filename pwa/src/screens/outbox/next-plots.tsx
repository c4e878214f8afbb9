/** After a plot is finished: where to go next, the same household first. */

import { useEffect } from 'preact/hooks';
import { nextPlots } from '../../domain/next-plots';
import { taskRows, type TaskRow } from '../../domain/tasks';
import { useObserved } from '../../state/observable';
import { t } from '../../text';
import { distance } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { hrefOf } from '../shared/route';

function FarAway({ row }: { row: TaskRow }) {
  return row.distance_m === null ? null : <span>{distance(row.distance_m)}</span>;
}

export function NextPlots({ finished_id }: { finished_id: string }) {
  const { whereabouts } = useApp();
  const account = useAccount();
  useObserved(whereabouts);
  useEffect(() => whereabouts.watch(), [whereabouts]);
  const plot_id = [...account.captures, ...account.releases.map((each) => ({ id: each.submission_id, plot_id: each.plot_id }))]
    .find((each) => each.id === finished_id)?.plot_id;
  const { ledger } = account;
  const plot = ledger?.plots.find((each) => each.id === plot_id);
  if (!ledger || !plot) return null;
  const { here } = whereabouts;
  const { same, other } = nextPlots(taskRows(ledger, account.localWork, here && [here.lon, here.lat]), plot);
  const plotHref = (row: TaskRow) => hrefOf({ screen: 'plot', plot_id: row.plot.id });
  return (
    <section class="card next-plots" aria-label={t('下一块地')} data-testid="next-plots">
      <p class="next-done" role="status"><Icon name="check" />{t('已放入待上传')}</p>
      {same.map((row) => (
        <a key={row.plot.id} class="button button-main" href={plotHref(row)} data-testid="next-same">
          <span>{t('本户下一块：地块 {n}', { n: row.plot.number })}</span> <FarAway row={row} />
        </a>
      ))}
      {other && (
        <a class={same.length > 0 ? 'button button-main button-quiet' : 'button button-main'} href={plotHref(other)} data-testid="next-other">
          <span>{t('下一户：{s}', { s: other.household.head_name })}</span> <FarAway row={other} />
        </a>
      )}
    </section>
  );
}
