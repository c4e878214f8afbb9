/** Reads the result out to the household (朗读给户主听), where the phone has a voice of its own. */

import { useEffect, useState } from 'preact/hooks';
import { beSilent, localVoice, onVoices, speak } from '../../device/speech';
import { languageTag, t } from '../../text';
import { Icon } from '../shared/icons';

export function ReadAloud({ text }: { text: () => string }) {
  const [voice, setVoice] = useState(() => localVoice(languageTag()));
  const [speaking, setSpeaking] = useState(false);
  useEffect(() => onVoices(() => { setVoice(localVoice(languageTag())); }), []);
  useEffect(() => beSilent, []);
  if (!voice) return null;
  return (
    <button
      type="button" class="button button-quiet read-aloud" data-testid="read-aloud" aria-pressed={speaking}
      onClick={() => {
        if (speaking) {
          beSilent();
          setSpeaking(false);
          return;
        }
        setSpeaking(true);
        speak(text(), voice, () => { setSpeaking(false); });
      }}
    >
      <Icon name={speaking ? 'pause' : 'play'} />{speaking ? t('停止朗读') : t('朗读给户主听')}
    </button>
  );
}
