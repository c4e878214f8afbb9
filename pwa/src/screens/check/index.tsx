import { useCallback, useEffect, useState } from 'preact/hooks';
import { battery, type Battery } from '../../device/battery';
import { cameraState, canStayAwake, shellState, tryCamera, type CameraState, type ShellState } from '../../device/readiness';
import { LEAST_FREE_BYTES } from '../../device/space';
import {
  batteryReadiness, clockReadiness, ledgerReadiness, locationReadiness, spaceReadiness, type Readiness,
} from '../../domain/readiness';
import { dayOf } from '../../domain/tasks';
import { useObserved } from '../../state/observable';
import { t, tn } from '../../text';
import { byteSize, offset, shortTime } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import { CLOCK_FINE_MS, clockOffText, Frame } from '../shared/frame';
import { Icon, type IconName } from '../shared/icons';
import { go, hrefOf, type Route } from '../shared/route';
import { useMapLine } from './map-line';

/** What mends a line: something done here, or another screen. */
type Fix = { label: string; run: () => void } | { label: string; to: Route };

export interface Line {
  id: string;
  state: Readiness;
  what: string;
  /** How to mend it by hand. */
  advice?: string;
  fix?: Fix;
  /** What may be done besides, even when all is well. */
  more?: Fix;
}

const SIGN: Record<Readiness, IconName> = { ready: 'check', look: 'warn', stop: 'cross' };

function wordOf(state: Readiness): string {
  switch (state) {
    case 'ready': return t('好');
    case 'look': return t('留意');
    case 'stop': return t('要处理');
  }
}

function CheckLine({ line: { id, state, what, advice, fix, more } }: { line: Line }) {
  const offered = [...(fix && state !== 'ready' ? [fix] : []), ...(more ? [more] : [])];
  return (
    <li class={`check check-${state}`} data-testid={`check-${id}`} data-state={state}>
      <span class="check-sign"><Icon name={SIGN[state]} /><span class="hidden">{wordOf(state)}</span></span>
      <span class="check-what">{what}{state !== 'ready' && advice && <small>{advice}</small>}</span>
      {offered.length > 0 && (
        <span class="check-ways">
          {offered.map((each) => ('to' in each
            ? <a key={each.label} class="button button-quiet" href={hrefOf(each.to)}>{each.label}</a>
            : <button key={each.label} type="button" class="button button-quiet" onClick={each.run}>{each.label}</button>))}
        </span>
      )}
    </li>
  );
}

export function CheckScreen() {
  const app = useApp();
  const account = useAccount();
  const { whereabouts } = app;
  useObserved(app, account, whereabouts);
  const [shell, setShell] = useState<ShellState | null>(null);
  const [camera, setCamera] = useState<CameraState | null>(null);
  const [awake, setAwake] = useState<boolean | null>(null);
  const [power, setPower] = useState<Battery | null>(null);

  const look = useCallback(() => {
    void shellState().then(setShell);
    void cameraState().then((state) => { setCamera((old) => (state === 'ask' && old === 'allowed' ? old : state)); });
    void canStayAwake().then(setAwake);
    void battery().then((now) => { setPower(now && { level: now.level, charging: now.charging }); });
    void app.lookAtSpace();
  }, [app]);
  useEffect(() => whereabouts.watch(), [whereabouts]);
  useEffect(() => {
    look();
    const again = setInterval(look, 5_000);
    return () => { clearInterval(again); };
  }, [look]);

  const mapLine = useMapLine();
  const { ledger, copy } = account;
  const { here } = whereabouts;
  const { free_bytes, persisted, clock_offset_ms } = app;
  const denied = whereabouts.trouble === 'denied' || whereabouts.trouble === 'unsupported';
  const start_accuracy_m = ledger?.programme.policy.walk.start_accuracy_m ?? 10;
  const lines: Line[] = [
    {
      id: 'ledger',
      state: ledgerReadiness(ledger && copy && { households: ledger.households.length, age_ms: Date.now() - Date.parse(copy.fetched_at) }),
      what: ledger && copy
        ? tn('名册已下载 {n} 户', '名册已下载 {n} 户', ledger.households.length)
        : t('还没有名册'),
      advice: copy ? t('{t} 更新，趁有网络再更新一次', { t: shortTime(copy.fetched_at) }) : t('趁有网络下载一次'),
      fix: { label: account.refreshing ? t('正在更新…') : t('更新'), run: () => void account.refreshLedger() },
    },
    {
      id: 'offline',
      state: shell === 'offline' ? 'ready' : shell === 'none' ? 'stop' : 'look',
      what: shell === 'offline' ? t('离线可用') : shell === 'none' ? t('没有网络时打不开应用') : t('正在存下离线版本…'),
      advice: t('保持联网稍等，或重新打开本页'),
      fix: { label: t('重新打开'), run: () => { location.reload(); } },
    },
    ...(mapLine ? [mapLine] : []),
    {
      id: 'space',
      state: spaceReadiness(free_bytes, LEAST_FREE_BYTES),
      what: free_bytes === null ? t('浏览器不提供剩余空间') : t('剩余空间 {n}', { n: byteSize(free_bytes) }),
      advice: t('先上传照片，或清理手机'),
      ...(account.unsentCount > 0 && { fix: { label: t('去上传'), to: { screen: 'outbox' } } }),
    },
    {
      id: 'persisted',
      state: persisted === true ? 'ready' : 'look',
      what: persisted === true ? t('本机存储受保护') : t('本机存储未受保护'),
      advice: t('添加到主屏幕后，系统不会随意清除'),
      fix: { label: t('怎么添加'), to: { screen: 'install' } },
    },
    {
      id: 'location',
      state: locationReadiness(here?.accuracy_m ?? null, denied, start_accuracy_m),
      what: here ? t('定位 ±{n} 米', { n: Math.round(here.accuracy_m) }) : denied ? t('没有定位权限') : t('正在定位…'),
      advice: denied ? t('在浏览器的网站设置里允许“位置”') : t('到室外空旷处会更准'),
      fix: { label: t('再试'), run: () => { whereabouts.again(); } },
    },
    {
      id: 'camera',
      state: camera === 'allowed' ? 'ready' : camera === 'denied' ? 'stop' : 'look',
      what: camera === 'allowed' ? t('相机可用') : camera === 'denied' ? t('没有相机权限') : camera === 'none' ? t('找不到相机，可用系统相机拍照') : t('相机还没有试过'),
      advice: camera === 'denied' ? t('在浏览器的网站设置里允许“相机”') : t('现在试一次，到地里就不用再问'),
      fix: { label: t('试一下'), run: () => void tryCamera().then(setCamera) },
    },
    {
      id: 'clock',
      state: clockReadiness(clock_offset_ms, CLOCK_FINE_MS),
      what: clock_offset_ms === null ? t('还没有和服务器对过时间')
        : clockOffText(clock_offset_ms) ?? t('时间已校准（差 {t}）', { t: offset(clock_offset_ms) }),
      advice: clock_offset_ms === null ? t('连上网络就会自动对时') : t('请在系统设置里打开“自动设置时间”'),
    },
    {
      id: 'awake',
      state: awake === true ? 'ready' : 'look',
      what: awake === true ? t('绕地时屏幕会常亮') : t('屏幕可能自动熄灭'),
      advice: t('请在系统设置里把自动锁屏时间调长'),
    },
    ...(power ? [{
      id: 'battery',
      state: batteryReadiness(power.level, power.charging),
      what: t('电量 {n}%', { n: Math.round(power.level * 100) }),
      advice: t('带上充电宝'),
    }] : []),
    {
      id: 'pin',
      state: app.hasPin ? 'ready' : 'look',
      what: app.hasPin ? t('已设解锁码') : t('没有设解锁码'),
      advice: t('手机丢了或借人用时，别人打不开您的账号'),
      fix: { label: t('设置'), to: { screen: 'pin' } },
    },
  ];
  // What has not been asked yet is no warning.
  const unasked = new Set([...(shell === null ? ['offline'] : []), ...(camera === null ? ['camera'] : []), ...(awake === null ? ['awake'] : [])]);
  const stops = lines.filter(({ state }) => state === 'stop').length;
  return (
    <Frame
      title={t('出发前检查')} back={{ screen: 'tasks' }}
      bottom={
        <>
          {stops > 0 && <p class="muted" role="status">{tn('还有 {n} 项要处理', '还有 {n} 项要处理', stops)}</p>}
          <button type="button" class="button button-main" data-testid="ready-to-go" onClick={() => { void app.noteCheck(dayOf(new Date())); go({ screen: 'tasks' }); }}>
            {stops > 0 ? t('知道了，仍然出发') : t('准备好了，出发')}
          </button>
        </>
      }
    >
      <p class="muted">{t('在有 Wi-Fi 的地方看一遍，地里就不会卡住。')}</p>
      <ul class="checks">{lines.filter(({ id }) => !unasked.has(id)).map((line) => <CheckLine key={line.id} line={line} />)}</ul>
    </Frame>
  );
}
