/** A question before something that cannot be taken back. */

import { t } from '../../text';
import { useModal } from './modal';

export interface Question {
  title: string;
  text?: string;
  yes: string;
  danger?: boolean;
  onYes: () => void;
}

export function Ask({ question, onDone }: { question: Question | null; onDone: () => void }) {
  const dialog = useModal(question !== null);
  if (!question) return null;
  return (
    <dialog ref={dialog} class="ask" aria-labelledby="ask-title" onClose={onDone}>
      <h2 id="ask-title">{question.title}</h2>
      {question.text && <p>{question.text}</p>}
      <div class="buttons">
        <button type="button" class="button button-quiet" onClick={() => dialog.current?.close()}>{t('取消')}</button>
        <button
          type="button"
          class={question.danger ? 'button button-danger' : 'button'}
          data-testid="ask-yes"
          onClick={() => { dialog.current?.close(); question.onYes(); }}
        >
          {question.yes}
        </button>
      </div>
    </dialog>
  );
}
