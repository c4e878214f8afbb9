/** Why a task came back, and what is to be done again: on top of the whole capture. */

import { todosOf } from '../../domain/returned';
import { t, tn } from '../../text';
import { hrefOf } from '../shared/route';

export function ReturnedNote({ reason, capture_id }: { reason: string; capture_id: string }) {
  const todos = todosOf(reason);
  const [first, ...more] = todos;
  const text = t('被退回：{reason}', { reason: first?.text ?? reason });
  if (more.length === 0) {
    return (
      <section class="returned" aria-label={t('退回')} data-testid="returned">
        <p>{first?.step ? <a href={hrefOf({ screen: 'capture', capture_id, step: first.step })}>{text}</a> : <b>{text}</b>}</p>
      </section>
    );
  }
  return (
    <section class="returned" aria-label={t('退回')} data-testid="returned">
      <details>
        <summary><span>{text}</span><b>{tn('共 {n} 项', '共 {n} 项', todos.length)}</b></summary>
        <ol>
          {todos.map(({ text, step }) => (
            <li key={text}>{step ? <a href={hrefOf({ screen: 'capture', capture_id, step })}>{text}</a> : text}</li>
          ))}
        </ol>
      </details>
    </section>
  );
}
