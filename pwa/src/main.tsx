/** Put the app together and show it. */

import { render } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import '../../styles/phone.scss';
import { resumePoint } from './db/captures';
import { hindranceToCapture } from './device/browser';
import { AppContext } from './screens/shared/context';
import { storageText } from './screens/shared/frame';
import { SetLanguage } from './screens/shared/language-switch';
import { lazy } from './screens/shared/lazy';
import { go, useRoute } from './screens/shared/route';
import { toast } from './screens/shared/toast';
import { SignInScreen } from './screens/sign-in';
import { TasksScreen } from './screens/tasks';
import { App } from './state/app';
import { useObserved } from './state/observable';
import { currentLanguage, t, useLanguage } from './text';
import { chosenLanguage, rememberLanguage, type Language } from './text/language';
import { followUpdates } from './update';

/** A start takes this long when all of the phone's store is copied from its mirror, or into it. */
const SLOW_START_MS = 2_000;

const PlotScreen = lazy(async () => (await import('./screens/plot')).PlotScreen);
const PlotsScreen = lazy(async () => (await import('./screens/plots')).PlotsScreen);
const CaptureScreen = lazy(async () => (await import('./screens/capture')).CaptureScreen);
const OutboxScreen = lazy(async () => (await import('./screens/outbox')).OutboxScreen);
const MeScreen = lazy(async () => (await import('./screens/me')).MeScreen);
const LockScreen = lazy(async () => (await import('./screens/lock')).LockScreen);
const SetPinScreen = lazy(async () => (await import('./screens/lock/set-pin')).SetPinScreen);
const CheckScreen = lazy(async () => (await import('./screens/check')).CheckScreen);
const AddPlotScreen = lazy(async () => (await import('./screens/add')).AddPlotScreen);
const InstallScreen = lazy(async () => (await import('./screens/install')).InstallScreen);
const UnsupportedScreen = lazy(async () => (await import('./screens/install/unsupported')).UnsupportedScreen);

function Screen({ app }: { app: App }) {
  const route = useRoute();
  useObserved(app);
  const asked = app.lock.of(route.screen === 'unlock' ? route.user_id : app.locked ? app.signed_in?.user.id : undefined);
  if (asked && route.screen !== 'sign-in') return <LockScreen key={asked.session.user.id} account={asked} />;
  if (!app.account || !app.signed_in || app.locked || route.screen === 'sign-in') return <SignInScreen />;
  switch (route.screen) {
    case 'tasks': return <TasksScreen />;
    case 'outbox': return <OutboxScreen finished_id={route.finished_id ?? null} />;
    case 'me': return <MeScreen />;
    case 'plots': return <PlotsScreen />;
    case 'pin': return <SetPinScreen />;
    case 'check': return <CheckScreen />;
    case 'add': return <AddPlotScreen />;
    case 'install': return <InstallScreen />;
    case 'unlock': return <TasksScreen />;
    case 'plot': return <PlotScreen plot_id={route.plot_id} />;
    case 'capture': return <CaptureScreen key={route.capture_id} capture_id={route.capture_id} step={route.step} />;
  }
}

function Root({ app }: { app: App }) {
  const [language, setLanguage] = useState(currentLanguage());
  const [takeOver, setTakeOver] = useState<(() => Promise<boolean>) | null>(null);
  const [busyElsewhere, setBusyElsewhere] = useState(false);
  const route = useRoute();
  useObserved(app, app.account);
  const change = useCallback((wanted: Language) => {
    rememberLanguage(wanted);
    void useLanguage(wanted).then(() => { setLanguage(wanted); });
  }, []);
  useEffect(() => { followUpdates((run) => { setTakeOver(() => run); }); }, []);
  const capturing = route.screen === 'capture';
  useEffect(() => {
    if (takeOver && capturing) toast(t('有新版本，完成本户后更新'));
  }, [takeOver, capturing]);
  useEffect(() => {
    const unsent = app.account?.unsentCount ?? 0;
    document.title = (unsent > 0 ? `(${unsent}) ` : '') + t('验收');
  });
  return (
    <AppContext.Provider value={app}>
      <SetLanguage.Provider value={change}>
        {takeOver && !capturing && (
          <button type="button" class="update" onClick={() => void takeOver().then((taken) => { setBusyElsewhere(!taken); })}>
            {busyElsewhere ? t('还有验收没做完或没存好，完成后再更新') : t('有新版本，点此更新')}
          </button>
        )}
        {/* Signed in, each screen says so in its own frame. */}
        {app.storage_trouble && !app.account && (
          <p class="notice notice-fail" role="alert" data-testid="storage-trouble">{storageText(app.storage_trouble)}</p>
        )}
        <Screen key={language} app={app} />
      </SetLanguage.Provider>
    </AppContext.Provider>
  );
}

async function main(): Promise<void> {
  const place = document.getElementById('app');
  if (!place) return;
  const hindrance = hindranceToCapture();
  if (hindrance) {
    await useLanguage(chosenLanguage()).catch(() => undefined);
    render(<UnsupportedScreen hindrance={hindrance} />, place);
    return;
  }
  const app = new App();
  const slow = setTimeout(() => { render(<main class="empty"><h1>{t('正在整理本机内容，请不要关闭')}</h1></main>, place); }, SLOW_START_MS);
  // Without its English the app still speaks: the message ids are Chinese.
  await Promise.all([app.start(), useLanguage(chosenLanguage()).catch(() => undefined)])
    .finally(() => { clearTimeout(slow); });
  const atStart = /^#?\/?$/.test(location.hash);
  // What cannot be read is told on the page, which must be there for it.
  const unfinished = app.account && atStart ? await resumePoint(app.account.db).catch(() => null) : null;
  if (unfinished) go({ screen: 'capture', capture_id: unfinished.id, step: unfinished.step }, true);
  render(<Root app={app} />, place);
  followShortcuts();
  void app.keepInTouch(true);
}

/** A shortcut of the home screen brings the open page to the front; where it wanted to go is followed here. */
function followShortcuts(): void {
  const { launchQueue } = window as Window & {
    launchQueue?: { setConsumer(consumer: (launched: { targetURL?: string }) => void): void };
  };
  launchQueue?.setConsumer(({ targetURL }) => {
    const { hash } = new URL(targetURL ?? location.href);
    // Work that is open is not left by a tap outside of it.
    if (hash !== '' && !location.hash.startsWith('#/capture/')) location.hash = hash;
  });
}

void main();
