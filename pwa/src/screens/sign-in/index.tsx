import { useRef, useState } from 'preact/hooks';
import type { SignInResult } from '../../state/app';
import { t } from '../../text';
import { LanguageSwitch } from '../shared/language-switch';
import { useApp } from '../shared/context';
import { go, hrefOf } from '../shared/route';

function messageFor(result: Exclude<SignInResult, 'ok'>): string {
  switch (result) {
    case 'bad_credentials': return t('工号或密码不对');
    case 'too_many_attempts': return t('尝试次数过多，请稍后再试');
    case 'no_answer': return t('连不上服务器，请检查网络后再试');
    case 'refused': return t('服务器没有接受这次登录');
  }
}

export function SignInScreen() {
  const app = useApp();
  const [name, setName] = useState(app.signed_in?.user.name ?? '');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  async function submit(event: Event) {
    event.preventDefault();
    if (busy) return;
    if (!name.trim() || !password) {
      setError(t('请填写工号和密码'));
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const result = await app.signIn(name.trim(), password);
      if (result === 'ok') {
        go({ screen: 'tasks' }, true);
        return;
      }
      setError(messageFor(result));
    } catch {
      setError(t('没有存下，请检查手机空间后再试'));
    } finally {
      setBusy(false);
    }
    passwordField.current?.focus();
  }

  return (
    <div class="screen sign-in">
      <main class="content">
        <div class="sign-in-head">
          <img src="/m/icons/icon.svg" alt="" width="72" height="72" />
          <div>
            <h1>{t('验收')}</h1>
            <p>{t('地块验收，离线可用')}</p>
          </div>
        </div>
        {app.lock.known.length > 0 && (
          <ul class="people" aria-label={t('本机账号')}>
            {app.lock.known.map(({ session: { user }, seal }) => (
              <li key={user.id}>
                {seal
                  ? <a class="button button-quiet" href={hrefOf({ screen: 'unlock', user_id: user.id })} data-testid="known-account">{user.display_name} <small>{t('用解锁码')}</small></a>
                  : <button type="button" class="button button-quiet" data-testid="known-account" onClick={() => { setName(user.name); passwordField.current?.focus(); }}>{user.display_name} <small>{user.name}</small></button>}
              </li>
            ))}
          </ul>
        )}
        <form class="form" onSubmit={(event) => void submit(event)} noValidate>
          {error && <p class="form-error" role="alert" id="sign-in-error">{error}</p>}
          <label class="field">
            <span>{t('工号')}</span>
            <input
              class="input" name="username" autocomplete="username" autocapitalize="none" spellcheck={false}
              data-testid="signin-name" value={name} aria-describedby={error ? 'sign-in-error' : undefined}
              onInput={(event) => { setName(event.currentTarget.value); }}
            />
          </label>
          <label class="field">
            <span>{t('密码')}</span>
            <input
              ref={passwordField} class="input" type="password" name="password" autocomplete="current-password"
              data-testid="signin-password" value={password} aria-describedby={error ? 'sign-in-error' : undefined}
              onInput={(event) => { setPassword(event.currentTarget.value); }}
            />
          </label>
          <button class="button button-main" type="submit" data-testid="signin-submit" aria-disabled={busy}>
            {busy ? t('正在登录…') : t('登录')}
          </button>
        </form>
        {app.account && !app.locked && <a href={hrefOf({ screen: 'tasks' })}>{t('先不登录，继续使用')}</a>}
        <p class="muted">{t('登录后会下载您负责区域的名册，之后没有网络也能验收。')}</p>
        <LanguageSwitch />
      </main>
    </div>
  );
}
