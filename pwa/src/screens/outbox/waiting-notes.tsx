import { t, tn } from '../../text';
import { dateTime } from '../../text/format';
import { useAccount } from '../shared/context';
import { attemptName, Tag } from '../shared/tag';

/** Visits and plots from the field that the server does not hold yet. */
export function WaitingNotes() {
  const account = useAccount();
  const { unsent } = account.notes;
  if (unsent.length === 0) return null;
  return (
    <section class="card" data-testid="waiting-notes">
      <h2>{tn('{n} 条记录待上传', '{n} 条记录待上传', unsent.length)}</h2>
      <ul class="visits">
        {unsent.map((note) => (
          <li key={note.id}>
            <b>{note.kind === 'plot' ? t('名册外的地块') : attemptName(note.attempt.kind)}</b>{' '}
            <span>{account.plot(note.plot_id)?.household.head_name ?? ''} · {dateTime(note.created_at)}</span>
            {note.state === 'failed' && (
              <>
                <p><Tag kind="fail">{t('需要处理')}</Tag> {note.failure?.detail}</p>
                <button type="button" class="button button-quiet" onClick={() => void account.retryNote(note.id)}>{t('立即重试')}</button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
