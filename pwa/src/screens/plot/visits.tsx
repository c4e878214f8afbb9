import type { PreviousVisit, Visit } from '../../domain/wire';
import { t } from '../../text';
import { dateTime } from '../../text/format';
import { useAccount } from '../shared/context';
import { PictureBefore } from '../shared/picture-before';
import { attemptName } from '../shared/tag';

function stateName(state: Visit['state']): string {
  switch (state) {
    case 'receiving': return t('照片未齐');
    case 'awaiting_review': return t('待审核');
    case 'approved': return t('审核通过');
    case 'returned': return t('退回');
    case 'refused': return t('不予通过');
    case 'absent': case 'withdrawn': return attemptName(state);
  }
}

/** Earlier visits to a plot: what the server told with the ledger, and what this phone noted since. */
export function Visits({ plot_id, previous }: { plot_id: string; previous: PreviousVisit | null }) {
  const { ledger, copy, notes } = useAccount();
  const told = (ledger?.visits ?? []).filter((visit) => visit.plot_id === plot_id);
  const mine = notes.all.flatMap((note) => {
    const known = note.held_at !== null && note.held_at < (copy?.fetched_at ?? '');
    return note.kind === 'attempt' && note.plot_id === plot_id && !known
      ? [{ at: note.attempt.attempted_at, state: note.attempt.kind, by: note.state === 'queued' ? t('待上传') : t('本机'), note: note.attempt.reason }]
      : [];
  });
  const all = [...told, ...mine].sort((a, b) => (a.at < b.at ? 1 : -1));
  if (all.length === 0) return null;
  return (
    <section class="card" data-testid="visits">
      <h2>{t('以前的来访')}</h2>
      <ul class="visits">
        {all.map((visit) => (
          <li key={visit.at + visit.state}>
            <b>{stateName(visit.state)}</b> <span>{dateTime(visit.at)} · {visit.by}</span>
            {visit.note && <small>{visit.note}</small>}
          </li>
        ))}
      </ul>
      {previous && (
        <div class="visits-pictures">
          {previous.photos.map(({ sha256 }) => <PictureBefore key={sha256} sha256={sha256} class="thumb" alt={t('上次验收的照片')} />)}
        </div>
      )}
    </section>
  );
}
