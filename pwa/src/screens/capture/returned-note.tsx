/** Why a task came back, and what is to be done again: on top of the whole capture. */

import { stepOf, todosOf } from '../../domain/returned';
import type { Shot } from '../../domain/wire';
import { t, tn } from '../../text';
import { hrefOf } from '../shared/route';
import { todoText } from '../shared/todo';

export function ReturnedNote({ reason, todo, shots, capture_id }: {
  reason: string; todo: readonly string[]; shots: readonly Shot[]; capture_id: string;
}) {
  const reasons = todosOf(reason);
  // Older servers send the reason alone: then its words tell what is to be done.
  const items = todo.length > 0 ? todo.map((code) => ({ text: todoText(code, shots), step: stepOf(code) })) : reasons;
  const text = t('被退回：{reason}', { reason: todo.length > 0 ? reason : reasons[0]?.text ?? reason });
  const [only] = items;
  return (
    <section class="returned" aria-label={t('退回')} data-testid="returned">
      {todo.length === 0 && items.length < 2 ? (
        <p>{only?.step ? <a href={hrefOf({ screen: 'capture', capture_id, step: only.step })}>{text}</a> : <b>{text}</b>}</p>
      ) : (
        <details>
          <summary><span>{text}</span><b>{tn('共 {n} 项', '共 {n} 项', items.length)}</b></summary>
          <ol>
            {items.map((each) => (
              <li key={each.text}>
                {each.step ? <a href={hrefOf({ screen: 'capture', capture_id, step: each.step })}>{each.text}</a> : each.text}
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}
