/** What a returned task asks to be done again (退回后的待办): the desk's reasons, one by one. */

export interface Todo {
  text: string;
  /** The step it is about, where the words tell. */
  step: 'boundary' | 'photos' | 'counts' | 'standards' | 'confirm' | null;
}

/** Where what a code of `Task.todo` asks for is done; null for one that is not known yet. */
export function stepOf(code: string): Todo['step'] {
  if (code.startsWith('shot:')) return 'photos';
  switch (code) {
    case 'boundary': return 'boundary';
    case 'counts': return 'counts';
    case 'standards': return 'standards';
    case 'signatures':
    case 'note': return 'confirm';
    default: return null;
  }
}

/** Words of the desk's reasons, the more telling first. */
const ABOUT: readonly (readonly [RegExp, Todo['step']])[] = [
  [/签|手印/, 'confirm'],
  [/照片|补拍|重拍/, 'photos'],
  [/株/, 'counts'],
  [/边界|面积|绕行|丈量/, 'boundary'],
  [/标准|坡度|沟|畦|梯|套种/, 'standards'],
];

/** The desk joins ticked reasons and the reviewer's own words by a semicolon. */
export function todosOf(reason: string): Todo[] {
  return reason.split(/[；;\n]/).map((text) => text.trim()).filter((text) => text !== '').map((text) => ({
    text,
    step: ABOUT.find(([words]) => words.test(text))?.[1] ?? null,
  }));
}
