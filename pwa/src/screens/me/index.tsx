import { useState } from 'preact/hooks';
import { useObserved } from '../../state/observable';
import { t, tn } from '../../text';
import { dateTime, byteSize, offset, shortTime } from '../../text/format';
import { Ask, type Question } from '../shared/ask';
import { useAccount, useApp } from '../shared/context';
import { CLOCK_FINE_MS, elsewhereText, Frame, wipedText } from '../shared/frame';
import { LanguageSwitch } from '../shared/language-switch';
import { Switch } from '../shared/switch';
import { go, hrefOf } from '../shared/route';

function clockText(offset_ms: number | null): string {
  if (offset_ms === null) return t('还没有和服务器对过时间');
  const amount = offset(offset_ms);
  if (Math.abs(offset_ms) < 1000) return t('准确（差 {t}）', { t: amount });
  return offset_ms > 0 ? t('手机慢 {t}', { t: amount }) : t('手机快 {t}', { t: amount });
}

function roleName(role: string): string {
  switch (role) {
    case 'inspector': return t('验收员');
    case 'village_clerk': return t('村级经办');
    case 'township': case 'township_reviewer': return t('乡镇审核');
    case 'county': return t('县级');
    default: return role;
  }
}

export function MeScreen() {
  const app = useApp();
  const account = useAccount();
  useObserved(app, account, app.preferring);
  const [question, ask] = useState<Question | null>(null);
  const { signed_in, clock_offset_ms, persisted } = app;
  if (!signed_in) return null;
  const unsent = account.unsentCount;
  const { wiped, releases } = account;
  const { hand, sound } = app.preferring.value;

  function leave() {
    ask({
      title: t('退出登录？'),
      text: unsent > 0
        ? tn('还有 {n} 户没有上传。它们会留在这台手机里，再次登录后继续上传。', '还有 {n} 户没有上传。它们会留在这台手机里，再次登录后继续上传。', unsent)
        : t('再次登录需要网络。'),
      yes: t('退出登录'),
      onYes: () => void app.signOut().then(() => { go({ screen: 'tasks' }, true); }),
    });
  }

  return (
    <Frame title={t('我的')} tab="me">
      <section class="card">
        <h2>{signed_in.user.display_name} <small>{signed_in.user.name}</small></h2>
        <ul class="plain">
          {signed_in.user.grants.map((grant) => (
            <li key={grant.role + grant.region_code}>{roleName(grant.role)} · {grant.region_name}</li>
          ))}
        </ul>
      </section>
      {wiped && wiped.missing_on_device.length > 0 && (
        <section class={account.wipedUnseen ? 'panel panel-fail apart' : 'panel panel-plain apart'} data-testid="wiped-card">
          <h2>{wipedText(wiped)}</h2>
          <p>
            {wiped.never_arrived.length === 0
              ? t('它们都已完整送到服务器，没有丢失。')
              : tn('其中 {n} 份没有完整送到服务器，需要重新验收，请联系乡镇管理员。', '其中 {n} 份没有完整送到服务器，需要重新验收，请联系乡镇管理员。', wiped.never_arrived.length)}
            {' '}{t('手机系统或浏览器清除过应用的数据。')}
          </p>
          {account.wipedUnseen && (
            <button type="button" class="button button-quiet" data-testid="wiped-seen" onClick={() => void account.acknowledgeWiped()}>{t('知道了')}</button>
          )}
        </section>
      )}
      {account.elsewhereUnseen > 0 && (
        <section class="panel panel-doubt apart" data-testid="elsewhere-card">
          <h2>{elsewhereText(account.elsewhereUnseen)}</h2>
          <p>{t('也可能是本机清除数据之前做的。请打开那台手机上传；找不回来的需要重新验收，请联系乡镇管理员。')}</p>
          <button type="button" class="button button-quiet" data-testid="elsewhere-seen" onClick={() => void account.acknowledgeWiped()}>{t('知道了')}</button>
        </section>
      )}
      <nav class="card links" aria-label={t('准备')}>
        <a href={hrefOf({ screen: 'check' })} data-testid="to-check">{t('出发前检查')}</a>
        <a href={hrefOf({ screen: 'install' })}>{t('添加到主屏幕')}</a>
        <a href={hrefOf({ screen: 'pin' })} data-testid="to-pin">{app.hasPin ? t('更换解锁码') : t('设置解锁码')}</a>
        {app.hasPin && <button type="button" data-testid="lock-now" onClick={() => void app.lockNow()}>{t('现在锁定，或换人使用')}</button>}
      </nav>
      <section class="card">
        <h2>{t('语言')}</h2>
        <LanguageSwitch />
        <h2 class="section">{t('用哪只手')}</h2>
        <div class="segments" role="group" aria-label={t('用哪只手')}>
          <button type="button" aria-pressed={hand === 'left'} data-testid="hand-left" onClick={() => void app.preferring.choose({ hand: 'left' })}>{t('左手')}</button>
          <button type="button" aria-pressed={hand === 'right'} onClick={() => void app.preferring.choose({ hand: 'right' })}>{t('右手')}</button>
        </div>
        <Switch on={sound} label={t('提示音')} test_id="sound" onChange={(on) => void app.preferring.choose({ sound: on })} />
      </section>
      <dl class="facts">
        <div>
          <dt>{t('手机时间')}</dt>
          <dd>
            {clockText(clock_offset_ms)}
            {clock_offset_ms !== null && Math.abs(clock_offset_ms) > CLOCK_FINE_MS && <small class="warned">{t('请在系统设置里打开“自动设置时间”')}</small>}
          </dd>
        </div>
        <div>
          <dt>{t('本机存储')}</dt>
          <dd>
            {persisted === true ? t('受保护') : persisted === false ? t('未受保护') : t('浏览器没有说明')}
            {persisted === false && <small class="warned">{t('空间不足时浏览器可能清除数据，请添加到主屏幕并及时上传')}</small>}
          </dd>
        </div>
        {app.free_bytes !== null && (
          <div>
            <dt>{t('可用空间')}</dt>
            <dd>{byteSize(app.free_bytes)}{app.spaceShort && <small class="warned">{t('手机空间不足，请先上传照片')}</small>}</dd>
          </div>
        )}
        <div>
          <dt>{t('服务器备份')}</dt>
          <dd>
            {account.backup_watermark === null ? t('还没有') : t('到回执 {n} 号', { n: account.backup_watermark })}
            <small>{account.backup_watermark === null ? t('已收到的内容也都留在手机里') : t('备份后满 7 天，手机才清理副本')}</small>
          </dd>
        </div>
        <div><dt>{t('未上传')}</dt><dd>{tn('{n} 户', '{n} 户', unsent)}</dd></div>
        <div><dt>{t('登录有效至')}</dt><dd>{dateTime(signed_in.expires_at)}</dd></div>
        <div><dt>{t('版本')}</dt><dd>{__APP_VERSION__}</dd></div>
      </dl>
      {releases.length > 0 && (
        <details class="card" data-testid="releases">
          <summary>{tn('已清理 {n} 份副本', '已清理 {n} 份副本', releases.length)}</summary>
          <ul class="plain">
            {releases.map((each) => (
              <li key={each.submission_id}>
                {account.plot(each.plot_id)?.household.head_name ?? t('名册外的地块')} · {t('回执 {n} 号', { n: each.receipt_no })} · {shortTime(each.released_at)}
              </li>
            ))}
          </ul>
        </details>
      )}
      <button type="button" class="button button-quiet button-main" data-testid="sign-out" onClick={leave}>{t('退出登录')}</button>
      <Ask question={question} onDone={() => { ask(null); }} />
    </Frame>
  );
}
