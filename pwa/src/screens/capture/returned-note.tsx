/** Why a task came back, and what is to be done again: on top of the whole capture. */

import { todosOf } from '../../domain/returned';
import { t, tn } from '../../text';
import { hrefOf } from '../shared/route';

export function ReturnedNote({ reason, capture_id }: { reason: string; capture_id: string }) {
  const todos = todosOf(reason);
  return (
    <details class="returned" data-testid="returned">
      <summary><span>{t('被退回：{reason}', { reason: todos[0]?.text ?? reason })}</span>{todos.length > 1 && <b>{tn('共 {n} 项', '共 {n} 项', todos.length)}</b>}</summary>
      <ol>
        {todos.map(({ text, step }) => (
          <li key={text}>{step ? <a href={hrefOf({ screen: 'capture', capture_id, step })}>{text}</a> : text}</li>
        ))}
      </ol>
    </details>
  );
}
