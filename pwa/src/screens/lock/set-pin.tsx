import { useState } from 'preact/hooks';
import { isGuessable, isPin, PIN_LENGTH, PIN_TRIES } from '../../domain/pin';
import { useObserved } from '../../state/observable';
import { t } from '../../text';
import { useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { PinField } from '../shared/pin-field';
import { go } from '../shared/route';

/** Choose the PIN that opens this account on this phone without a network. */
export function SetPinScreen() {
  const app = useApp();
  useObserved(app);
  const [pin, setPin] = useState('');
  const [again, setAgain] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function keep(event: Event) {
    event.preventDefault();
    if (busy) return;
    const wrong = !isPin(pin) ? t('解锁码是 {n} 位数字', { n: PIN_LENGTH })
      : isGuessable(pin) ? t('这个解锁码太容易猜，请换一个')
      : pin !== again ? t('两次输入不一样') : null;
    setError(wrong);
    if (wrong) return;
    setBusy(true);
    try {
      await app.setPin(pin);
      go({ screen: 'me' }, true);
    } catch {
      setError(t('没有存下，请检查手机空间后再试'));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Frame title={app.hasPin ? t('更换解锁码') : t('设置解锁码')} back={{ screen: 'me' }}>
      <form class="form" noValidate onSubmit={(event) => void keep(event)}>
        <p>{t('离开较久或手动锁定后，用它打开，不需要网络。连错 {n} 次要联网用密码登录；没上传的内容不会丢。', { n: PIN_TRIES })}</p>
        {error && <p class="form-error" role="alert" id="pin-error">{error}</p>}
        <PinField label={t('6 位数字')} value={pin} test_id="new-pin" error={error ? 'pin-error' : undefined} onInput={setPin} />
        <PinField label={t('再输一次')} value={again} test_id="new-pin-again" onInput={setAgain} />
        <button class="button button-main" type="submit" data-testid="keep-pin" aria-disabled={busy}>
          {busy ? t('正在设置…') : t('设置解锁码')}
        </button>
        {app.hasPin && (
          <button class="button button-quiet" type="button" data-testid="remove-pin" onClick={() => void app.removePin().then(() => { go({ screen: 'me' }, true); })}>
            {t('不再使用解锁码')}
          </button>
        )}
      </form>
    </Frame>
  );
}
