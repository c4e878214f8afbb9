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
  return (
    <details class="returned" data-testid="returned">
      <summary>
        <span>{t('被退回：{reason}', { reason: todo.length > 0 ? reason : reasons[0]?.text ?? reason })}</span>
        {(todo.length > 0 || items.length > 1) && <b>{tn('共 {n} 项', '共 {n} 项', items.length)}</b>}
      </summary>
      <ol>
        {items.map(({ text, step }) => (
          <li key={text}>{step ? <a href={hrefOf({ screen: 'capture', capture_id, step })}>{text}</a> : text}</li>
        ))}
      </ol>
    </details>
  );
}
