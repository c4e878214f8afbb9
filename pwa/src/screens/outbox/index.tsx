import { useState } from 'preact/hooks';
import type { User } from '../../domain/wire';
import type { FailureKind, OutboxItem } from '../../outbox/item';
import { useObserved } from '../../state/observable';
import { t, tn } from '../../text';
import { about, dateTime, byteSize, shortTime } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { Icon } from '../shared/icons';
import { Switch } from '../shared/switch';
import { Tag } from '../shared/tag';
import { NextPlots } from './next-plots';
import { WaitingNotes } from './waiting-notes';

function reasonOf(kind: FailureKind): { reason: string; advice: string } {
  switch (kind) {
    case 'no_answer': return { reason: t('连不上服务器'), advice: t('请保持本页打开，直到全部收到') };
    case 'busy': return { reason: t('服务器正忙'), advice: '' };
    case 'sign_in': return { reason: t('登录已过期'), advice: t('请重新登录，登录后会接着上传。') };
    case 'refused': return { reason: t('服务器没有接受'), advice: t('内容仍在手机里，请联系乡镇管理员，处理后再点“立即重试”。') };
    case 'conflict': return { reason: t('服务器上已有编号相同、内容不同的上报'), advice: t('两份都已留存，请联系乡镇管理员核对。') };
    case 'quarantined': return { reason: t('已送到，暂存待人工处理'), advice: t('乡镇会查看原因；内容仍在手机里，不用重新验收。') };
    case 'photo_damaged': return { reason: t('手机里的一张照片已损坏'), advice: t('其余内容已上传。请乡镇审核员退回这份上报，再重新验收。') };
    case 'phone': return { reason: t('读写手机里的副本时出错'), advice: t('会自动再试；其他内容照常上传。') };
    case 'server_lost': return { reason: t('服务器上已没有这份记录'), advice: t('手机里的副本会自动重新上传。') };
    case 'bad_receipt': return { reason: t('回执没有通过核对'), advice: t('会自动再试；多次出现请联系乡镇管理员。') };
  }
}

/** Failures where the server's own sentence says more than ours. */
const SERVER_WORDS: readonly FailureKind[] = ['busy', 'refused', 'conflict', 'quarantined'];

function StateTag({ item }: { item: OutboxItem }) {
  switch (item.state) {
    case 'queued': return <Tag kind="plain">{t('等待上传')}</Tag>;
    case 'sending': return <Tag kind="info">{t('正在上传')}</Tag>;
    case 'received': return <Tag kind="pass">{t('已收到')}</Tag>;
    case 'quarantined': return <Tag kind="doubt">{t('暂存待处理')}</Tag>;
    case 'failed': return <Tag kind="fail">{t('需要处理')}</Tag>;
  }
}

function Item({ item }: { item: OutboxItem }) {
  const account = useAccount();
  const found = account.plot(item.plot_id);
  const held_bytes = item.photos.reduce((sum, photo) => sum + account.heldBytes(item, photo), 0);
  const photo_bytes = item.photos.reduce((sum, photo) => sum + photo.size_bytes, 0);
  const backed_up = item.state === 'received' && item.receipt_no !== null && account.backup_watermark !== null
    && item.receipt_no <= account.backup_watermark;
  // While paused nothing is tried again: the reason of an earlier failure would promise otherwise.
  const idle = item.state === 'queued' && account.choices.paused;
  const failure = item.failure && item.state !== 'received' && item.state !== 'sending' && !idle ? item.failure : null;
  const arrived = item.data_held || item.state === 'quarantined';
  const words = failure && reasonOf(failure.kind);
  const left = item.photos.length - item.photos_held.length;
  return (
    <li class="card sending" data-testid="outbox-item" data-state={item.state} data-submission-id={item.submission_id}>
      <div class="sending-head">
        <h2>{found?.household.head_name ?? t('名册外的地块')} <small>{found && t('地块 {n}', { n: found.plot.number })}</small></h2>
        <StateTag item={item} />
      </div>
      <p class="muted">{t('验收于 {t}', { t: dateTime(item.finished_at) })}</p>
      <p class={arrived ? 'tick tick-done' : 'tick'}>
        <Icon name={arrived ? 'check' : 'clock'} />{item.state === 'received' ? t('已上传，待审核')
          : item.data_held && left > 0 ? tn('数据已上传，还有 {n} 张照片', '数据已上传，还有 {n} 张照片', left)
          : arrived ? t('数据已送到') : t('数据待上传')}
      </p>
      <p class={item.photos_held.length === item.photos.length ? 'tick tick-done' : 'tick'}>
        <Icon name={item.photos_held.length === item.photos.length ? 'check' : 'clock'} />
        {t('照片 {n} / {m}', { n: item.photos_held.length, m: item.photos.length })}
        <progress value={held_bytes} max={Math.max(1, photo_bytes)} aria-label={t('照片上传进度')} />
      </p>
      {item.state !== 'received' && item.photos.length > 0 && (
        <p class="muted sending-bytes">
          {byteSize(held_bytes)} / {byteSize(photo_bytes)}
          {item.state === 'sending' && <TimeLeft bytes={account.leftBytes(item)} />}
          {item.state === 'queued' && item.data_held && account.hindrance === 'wifi' && <> · {t('照片等待 Wi-Fi')}</>}
        </p>
      )}
      {item.state === 'received' && item.received_at && (
        <p class="receipt">{t('回执 {n} 号，{t} 收到，已核对签名', { n: item.receipt_no ?? '', t: dateTime(item.received_at) })}{backed_up && <> · {t('已进入备份')}</>}</p>
      )}
      {failure && words && (
        <div class={item.state === 'queued' ? 'panel panel-plain' : item.state === 'failed' ? 'panel panel-fail' : 'panel panel-doubt'}>
          <p><b>{item.state === 'queued' ? t('上传失败：{reason}，稍后自动重试', { reason: words.reason }) : words.reason}</b>{failure.detail && SERVER_WORDS.includes(failure.kind) && `：${failure.detail}`} <small>{shortTime(failure.at)}</small></p>
          {words.advice && <p>{words.advice}</p>}
        </div>
      )}
      {item.state !== 'received' && item.state !== 'sending' && !account.choices.paused && (
        <button type="button" class="button button-quiet" data-testid="retry" onClick={() => void account.retry(item.submission_id)}>
          <Icon name="refresh" />{t('立即重试')}
        </button>
      )}
    </li>
  );
}

function TimeLeft({ bytes }: { bytes: number }) {
  const seconds = useAccount().rate.secondsFor(bytes);
  return seconds === null ? null : <> · {t('还需 {d}', { d: about(seconds) })}</>;
}

function Choices() {
  const account = useAccount();
  const wifi = account.photosOnWifiOnly;
  return (
    <section class="card switches" aria-label={t('上传设置')}>
      <Switch
        on={account.choices.paused} label={t('暂停上传')} test_id="pause"
        onChange={(paused) => void account.choose({ paused })}
      />
      <Switch
        on={wifi === true} label={t('照片只在 Wi-Fi 下上传')} test_id="wifi-only" disabled={wifi === null}
        hint={wifi === null ? t('这个浏览器分不清 Wi-Fi 和流量，照片会用任何网络上传') : t('数据（每户几十 KB）仍然马上上传')}
        onChange={(photos_on_wifi_only) => void account.choose({ photos_on_wifi_only })}
      />
    </section>
  );
}

/** After so long the way out is shown without being asked for. */
const LONG_UNSENT_MS = 3 * 24 * 60 * 60_000;

/** For days without a network: everything unsent in one sealed file, to be carried by hand. */
function CourierExport() {
  const app = useApp();
  const account = useAccount();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const { signed_in } = app;
  const key = signed_in?.courier_key;
  const { unsent, notes } = account;
  if (!signed_in || !key || unsent.length + notes.unsent.length === 0) return null;
  const stuck = [...unsent.map((item) => item.finished_at), ...notes.unsent.map((note) => note.created_at)]
    .some((at) => Date.now() - Date.parse(at) > LONG_UNSENT_MS);

  async function write(user: User, token: string) {
    if (busy) return;
    setBusy(true);
    setSaid(null);
    try {
      const created_at = new Date().toISOString();
      // Each piece becomes a Blob at once: browsers keep those on disk, not in memory.
      const pieces: Blob[] = [];
      const content = await account.writeCourierFile(
        { account_id: user.id, account_name: user.name, device_id: app.device_id, created_at, app_version: __APP_VERSION__, token },
        key,
        (bytes) => { pieces.push(new Blob([bytes])); },
      );
      const url = URL.createObjectURL(new Blob(pieces, { type: 'application/octet-stream' }));
      const link = document.createElement('a');
      link.href = url;
      link.download = `yanshou-${user.name}-${created_at.slice(0, 19).replace(/[-:]/g, '')}.courier`;
      link.click();
      setTimeout(() => { URL.revokeObjectURL(url); }, 60_000);
      setSaid([
        ...(content.submission_count > 0 ? [
          tn('文件里有 {n} 户', '文件里有 {n} 户', content.submission_count),
          tn('{n} 张照片', '{n} 张照片', content.photo_count),
        ] : []),
        ...(content.note_count > 0 ? [tn('{n} 条外业记录', '{n} 条外业记录', content.note_count)] : []),
        ...(content.left_out.length > 0 ? [tn('{n} 张已损坏，未放入', '{n} 张已损坏，未放入', content.left_out.length)] : []),
      ].join(' · '));
    } catch {
      setSaid(t('没有导出成功，请检查手机空间后再试'));
    } finally {
      setBusy(false);
    }
  }

  return (
    <details class="card" open={stuck} data-testid="long-unsent">
      <summary>{t('长时间没有网络？')}</summary>
      {stuck && <p class="panel panel-doubt apart"><b>{t('有内容超过 3 天没有上传，请导出应急文件带到乡镇')}</b></p>}
      <p class="muted">{t('把没上传的内容导出为一个加密文件，用任何方式带到乡镇，由那里导入。只有服务器能打开；本机内容仍然保留。')}</p>
      <button type="button" class="button button-quiet button-main" data-testid="courier" aria-disabled={busy} onClick={() => void write(signed_in.user, signed_in.token)}>
        <Icon name="upload" />{busy ? t('正在导出…') : t('导出应急文件')}
      </button>
      {said && <p class="sending-bytes" role="status" data-testid="courier-said">{said}</p>}
    </details>
  );
}

export function OutboxScreen({ finished_id }: { finished_id: string | null }) {
  const app = useApp();
  const account = useAccount();
  useObserved(app, account);
  const waiting = account.unsent;
  const received = account.items.filter((item) => item.state === 'received').reverse();
  const moving = waiting.some((item) => item.state === 'queued' || item.state === 'sending');
  const interrupted = app.in_contact === true && waiting.some(({ failure }) => failure?.kind === 'no_answer');
  const photo_count = waiting.reduce((sum, item) => sum + item.photos.length - item.photos_held.length, 0);
  const left_bytes = waiting.reduce((sum, item) => sum + account.leftBytes(item), 0);
  return (
    <Frame title={t('待上传')} tab="outbox">
      {finished_id && <NextPlots finished_id={finished_id} />}
      <p class="lead" role="status">
        {waiting.length === 0
          ? account.notes.unsent.length === 0 && t('没有等待上传的内容')
          : [
            tn('待上传 {n} 户', '待上传 {n} 户', waiting.length),
            tn('{n} 张照片', '{n} 张照片', photo_count),
            byteSize(left_bytes),
          ].join(' · ')}
        {moving && (
          <small>
            {account.choices.paused ? t('上传已暂停，内容都在本机')
              : app.in_contact === false ? t('离线，已保存在本机')
              : <>{interrupted && <>{t('网络已恢复，正在上传')} · </>}{t('请保持本页打开，直到全部收到')}</>}
            {!account.choices.paused && app.in_contact === true && <TimeLeft bytes={left_bytes} />}
          </small>
        )}
      </p>
      <ul class="stack">{waiting.map((item) => <Item key={item.submission_id} item={item} />)}</ul>
      <WaitingNotes />
      {account.items.length > 0 && <Choices />}
      <CourierExport />
      {received.length > 0 && (
        <>
          <h2 class="section">{t('已收到')}</h2>
          <ul class="stack">{received.map((item) => <Item key={item.submission_id} item={item} />)}</ul>
        </>
      )}
      {account.items.length === 0 && <div class="empty"><p>{t('完成一块地的验收后，会自动出现在这里并上传。')}</p></div>}
    </Frame>
  );
}
