import { useContext } from 'preact/hooks';
import { createContext } from 'preact';
import { currentLanguage, t } from '../../text';
import type { Language } from '../../text/language';

export const SetLanguage = createContext<(language: Language) => void>(() => undefined);

export function LanguageSwitch() {
  const set = useContext(SetLanguage);
  const current = currentLanguage();
  return (
    <div class="segments" role="group" aria-label={t('语言')}>
      {/* Each language names itself, so those who cannot read the other find it. */}
      <button type="button" lang="zh-CN" aria-pressed={current === 'zh'} data-testid="language-zh" onClick={() => { set('zh'); }}>中文</button>
      <button type="button" lang="en" aria-pressed={current === 'en'} data-testid="language-en" onClick={() => { set('en'); }}>English</button>
    </div>
  );
}
