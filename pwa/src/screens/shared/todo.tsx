/** What the desk asks to be done again (需补充项), in words. */

import type { Shot } from '../../domain/wire';
import { either, t } from '../../text';

export function todoText(code: string, shots: readonly Shot[]): string {
  switch (code) {
    case 'boundary': return t('重走边界');
    case 'counts': return t('重新清点株数');
    case 'standards': return t('补答种植标准');
    case 'signatures': return t('补签名');
    case 'note': return t('补写情况说明');
  }
  const shot = shots.find(({ kind }) => code === `shot:${kind}`);
  // A newer server may ask for what this app does not know yet: better its word than nothing.
  return shot ? t('补拍：{shot}', { shot: either(shot.title_zh, shot.title_en) }) : code;
}

export function TodoList({ todo, shots }: { todo: readonly string[] | undefined; shots: readonly Shot[] }) {
  if (!todo?.length) return null;
  return <ul class="todo" aria-label={t('要补充的')}>{todo.map((code) => <li key={code}>{todoText(code, shots)}</li>)}</ul>;
}
