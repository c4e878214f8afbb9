/** Which language the inspector reads: what they chose, else what the browser asks for. */

export type Language = 'zh' | 'en';

const KEY = 'yanshou-language';

export function chosenLanguage(): Language {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; the browser's language then has to do.
  }
  if (stored === 'zh' || stored === 'en') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Asked again next time.
  }
}
