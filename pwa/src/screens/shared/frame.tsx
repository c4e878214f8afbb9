/** The frame of every screen: bar on top (read), content, bar at the bottom (act). */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { StorageTrouble } from '../../db/connection';
import type { Wiped } from '../../db/schema';
import { useObserved } from '../../state/observable';
import { t, tn, tp } from '../../text';
import { offset } from '../../text/format';
import { useApp } from './context';
import { Icon, type IconName } from './icons';
import { hrefOf, type Route } from './route';

/** Whether the server answers; the app works either way. */
export function ContactPill() {
  const app = useApp();
  useObserved(app);
  const state = app.in_contact === null ? 'unknown' : app.in_contact ? 'online' : 'offline';
  return (
    <span class={`contact contact-${state}`} role="status" data-testid="online-state" data-state={state}>
      {state === 'offline' ? t('离线') : state === 'online' ? t('在线') : t('正在连接')}
    </span>
  );
}

type Tab = 'tasks' | 'plots' | 'outbox' | 'me';

export interface FrameProps {
  title: string;
  /** Said under the title in small. */
  subtitle?: ComponentChildren;
  back?: Route;
  tab?: Tab;
  /** Between top bar and content, always in view. */
  top?: ComponentChildren;
  /** The actions of the screen, always in view. */
  bottom?: ComponentChildren;
  /** The content fills the height instead of scrolling. */
  filled?: boolean;
  /** All of it scrolls, but for the actions and what `top` holds on to (class `held`). */
  flows?: boolean;
  children: ComponentChildren;
}

export function Frame({ title, subtitle, back, tab, top, bottom, filled, flows, children }: FrameProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // A reader hears where they have come to; the address alone says nothing.
    heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <div class={flows ? 'screen screen-flow' : 'screen'}>
      <header class="bar">
        {back && (
          <a class="bar-back" href={hrefOf(back)} aria-label={t('返回')}><Icon name="back" /></a>
        )}
        <div class="bar-title">
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {subtitle && <p>{subtitle}</p>}
        </div>
        <ContactPill />
      </header>
      <Notices tabbed={tab !== undefined} />
      {top}
      {/* Reached by key, so that a long page can be scrolled without a pointer. */}
      <main class={filled ? 'content content-filled' : 'content'} tabIndex={0}>{children}</main>
      <div class="dock">
        {bottom && <footer class="actions">{bottom}</footer>}
        {tab && <Tabs current={tab} />}
      </div>
    </div>
  );
}

/** What must not be overlooked, most urgent first. On a screen without tabs only what concerns the work at hand. */
function Notices({ tabbed }: { tabbed: boolean }) {
  const app = useApp();
  const { account } = app;
  useObserved(app, account);
  return (
    <>
      {app.storage_trouble && (
        <p class="notice notice-fail" role="alert" data-testid="storage-trouble">
          <Icon name="warn" /><span>{storageText(app.storage_trouble)}</span>
        </p>
      )}
      {app.signed_in?.sign_in_again && (
        <a class="notice notice-doubt" href={hrefOf({ screen: 'sign-in' })}>
          <Icon name="warn" />
          <span>{t('登录已过期，点此重新登录后继续上传；本机内容都在')}</span>
        </a>
      )}
      {tabbed && account?.wipedUnseen && (
        <a class="notice notice-fail" role="alert" href={hrefOf({ screen: 'me' })} data-testid="wiped">
          <Icon name="warn" /><span>{wipedText(account.wiped)}</span>
        </a>
      )}
      {tabbed && account && account.elsewhereUnseen > 0 && (
        <a class="notice notice-doubt" role="status" href={hrefOf({ screen: 'me' })} data-testid="elsewhere">
          <Icon name="warn" /><span>{elsewhereText(account.elsewhereUnseen)}</span>
        </a>
      )}
      {tabbed && app.refilled && (
        <p class="notice notice-doubt" role="status" data-testid="refilled">
          <Icon name="warn" /><span>{t('手机存储曾损坏，已用副本恢复')}</span>
        </p>
      )}
      {tabbed && <ClockNotice />}
    </>
  );
}

export function storageText(trouble: StorageTrouble): string {
  switch (trouble) {
    case 'full': return t('手机空间已满，刚才的内容没有存下。请先上传照片或清理手机');
    case 'newer': return t('应用已在另一个页面更新，请刷新本页');
    case 'broken': return t('手机存储出错，刚才的内容没有存下。请关闭应用后重新打开');
  }
}

export function wipedText(wiped: Wiped | null): string {
  const count = wiped?.missing_on_device.length ?? 0;
  return tn('本机曾创建的 {n} 份记录已不在本机', '本机曾创建的 {n} 份记录已不在本机', count);
}

export function elsewhereText(count: number): string {
  return tn('另一台手机上还有 {n} 份没有送到', '另一台手机上还有 {n} 份没有送到', count);
}

/** Photos from a clock further off than this are marked by the desk. */
export const CLOCK_FINE_MS = 5 * 60_000;

/** What a clock that is off means; null while it is fine or unknown. */
export function clockOffText(offset_ms: number | null): string | null {
  if (offset_ms === null || Math.abs(offset_ms) <= CLOCK_FINE_MS) return null;
  return t('手机时间不准（差 {d}），照片将标注“时间未校准”', { d: offset(offset_ms) });
}

export function ClockNotice() {
  const text = clockOffText(useApp().clock_offset_ms);
  return text && <p class="notice notice-doubt" role="status" data-testid="clock-off"><Icon name="clock" /><span>{text}</span></p>;
}

function Tabs({ current }: { current: Tab }) {
  const { account } = useApp();
  useObserved(account);
  const unsent = account?.unsentCount ?? 0;
  const tabs: { screen: Tab; icon: IconName; label: string }[] = [
    { screen: 'tasks', icon: 'tasks', label: t('任务') },
    { screen: 'plots', icon: 'loop', label: tp('页面', '地块') },
    { screen: 'outbox', icon: 'outbox', label: t('待上传') },
    { screen: 'me', icon: 'me', label: t('我的') },
  ];
  return (
    <nav class="tabs" aria-label={t('主要页面')}>
      {tabs.map(({ screen, icon, label }) => (
        <a key={screen} href={hrefOf({ screen })} aria-current={screen === current ? 'page' : undefined} data-testid={`tab-${screen}`}>
          <span class="tab-icon">
            <Icon name={icon} />
            {screen === 'outbox' && unsent > 0 && <span class="badge">{unsent}</span>}
          </span>
          <span>{label}</span>
        </a>
      ))}
    </nav>
  );
}
