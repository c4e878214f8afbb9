import { useEffect, useRef, useState } from 'preact/hooks';
import type { KnownAccount } from '../../db/device';
import { isPin, PIN_LENGTH } from '../../domain/pin';
import { t, tn } from '../../text';
import { useApp } from '../shared/context';
import { go, hrefOf } from '../shared/route';
import { PinField } from '../shared/pin-field';

/** The door of a locked phone: the PIN of one account, or the way to another. */
export function LockScreen({ account }: { account: KnownAccount }) {
  const app = useApp();
  const [pin, setPin] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const { user } = account.session;
  useEffect(() => { field.current?.focus(); }, [user.id]);

  async function open(typed: string) {
    if (busy) return;
    if (!isPin(typed)) {
      setError(t('解锁码是 {n} 位数字', { n: PIN_LENGTH }));
      return;
    }
    setBusy(true);
    setError(null);
    const unlocked = await app.unlock(user.id, typed).finally(() => { setBusy(false); });
    if (unlocked.result === 'ok') {
      if (location.hash.startsWith('#/sign-in') || location.hash.startsWith('#/unlock')) go({ screen: 'tasks' }, true);
      return;
    }
    setPin('');
    setError(unlocked.result === 'wrong'
      ? tn('解锁码不对，还可以试 {n} 次', '解锁码不对，还可以试 {n} 次', unlocked.tries_left)
      : t('解锁码已停用，请联网用密码登录。没上传的内容都在手机里。'));
    field.current?.focus();
  }

  const usable = app.lock.of(user.id)?.seal;
  return (
    <div class="screen sign-in">
      <main class="content">
        <div class="sign-in-head">
          <img src="/m/icons/icon.svg" alt="" width="72" height="72" />
          <div>
            <h1>{user.display_name}</h1>
            <p>{t('已锁定')} · {user.name}</p>
          </div>
        </div>
        <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); void open(pin); }}>
          {error && <p class="form-error" role="alert" id="pin-error">{error}</p>}
          {usable && (
            <>
              <PinField
                field={field} label={t('解锁码')} value={pin} test_id="unlock-pin" error={error ? 'pin-error' : undefined}
                onInput={(typed) => { setPin(typed); if (isPin(typed)) void open(typed); }}
              />
              <button class="button button-main" type="submit" data-testid="unlock" aria-disabled={busy}>
                {busy ? t('正在解锁…') : t('解锁')}
              </button>
            </>
          )}
        </form>
        <a href={hrefOf({ screen: 'sign-in' })} data-testid="other-account">{t('用密码登录或换人')}</a>
        <p class="muted">{t('解锁不需要网络。锁定时不上传；已采集的内容都在手机里。')}</p>
      </main>
    </div>
  );
}
