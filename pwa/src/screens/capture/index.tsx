/** The capture shell: five steps in any order, and the line that says what comes of it. */

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { markResume } from '../../db/captures';
import type { Step } from '../../db/schema';
import { takeCapture } from '../../device/tabs';
import { CaptureWork } from '../../state/capture-work';
import { useObserved } from '../../state/observable';
import { signals } from '../../state/signals';
import { t, tn } from '../../text';
import { useBatteryPercent } from '../shared/battery';
import { useAccount, useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { Icon } from '../shared/icons';
import { go } from '../shared/route';
import { toast } from '../shared/toast';
import { BoundaryStep } from './boundary';
import { ConfirmStep } from './confirm';
import { CountsStep } from './counts';
import { PhotosStep } from './photos';
import { ReturnedNote } from './returned-note';
import { StandardsStep } from './standards';
import { StepBar } from './step-bar';
import { VerdictLine } from './verdict-line';

export interface StepProps {
  work: CaptureWork;
  /** The frame of the capture, with this step's actions at the bottom. */
  frame: (content: ComponentChildren, bottom: ComponentChildren, filled?: boolean) => ComponentChildren;
}

/** Whoever leaves half-way hears that nothing is lost by it; while something is not on disk the red bar speaks. */
function sayKept({ finished, broken, missing: { length: left } }: CaptureWork): void {
  if (finished || broken) return;
  toast(left === 0 ? t('已自动保存') : tn('还有 {n} 项未完成，已自动保存，可稍后继续', '还有 {n} 项未完成，已自动保存，可稍后继续', left));
}

export function CaptureScreen({ capture_id, step }: { capture_id: string; step: Step }) {
  const app = useApp();
  const account = useAccount();
  const { whereabouts } = app;
  const [work, setWork] = useState<CaptureWork | null>(null);
  const [elsewhere, setElsewhere] = useState(false);
  const battery_percent = useBatteryPercent();
  useObserved(work, whereabouts);

  useEffect(() => {
    let left = false;
    let opened: CaptureWork | null = null;
    let stopWatching: (() => void) | undefined;
    const view = () => opened?.boundary.viewChanged(document.visibilityState === 'visible');
    const open = async () => {
      const found = account.unsaved_work.get(capture_id) ?? await CaptureWork.open(account.db, capture_id, (plot_id) => {
        const subject = account.plot(plot_id);
        return subject && account.ledger
          ? { ...subject, programme: account.ledger.programme, others: account.othersOf(subject.plot) }
          : null;
      }, signals(() => app.preferring.value.sound));
      if (left) return;
      if (!found) {
        go({ screen: 'tasks' }, true);
        return;
      }
      opened = found;
      // On disk before it is shown: an app killed the moment after opens here again. The red bar tells of a store that fails.
      await markResume(account.db, capture_id).catch(() => undefined);
      if (left as boolean) return;
      setElsewhere(false);
      setWork(found);
      stopWatching = whereabouts.watch((fix) => void found.boundary.take(fix));
      document.addEventListener('visibilitychange', view);
    };
    const giveBack = takeCapture(capture_id, () => void open(), () => { setElsewhere(true); });
    return () => {
      left = true;
      giveBack();
      stopWatching?.();
      document.removeEventListener('visibilitychange', view);
      if (opened) sayKept(opened);
      // Left on purpose: the next start opens the task list. A killed page never gets here.
      if (opened) void account.leaveCapture(opened).then(() => markResume(account.db, null)).then(() => account.reload()).catch(() => undefined);
    };
  }, [capture_id, account]);

  useEffect(() => {
    void work?.goTo(step);
  }, [work, step]);

  if (elsewhere) {
    return (
      <Frame title={t('验收')} back={{ screen: 'tasks' }}>
        <div class="empty" data-testid="open-elsewhere">
          <h2>{t('这次验收已在另一个页面打开')}</h2>
          <p>{t('同时只能在一个页面里改。关掉那个页面后，这里会自动接着打开。')}</p>
        </div>
      </Frame>
    );
  }
  if (!work) return <Frame title={t('正在打开…')} back={{ screen: 'tasks' }}>{null}</Frame>;
  const { household, plot } = work.subject;
  const task = account.ledger?.tasks.find((each) => each.id === work.capture.task_id);
  const frame: StepProps['frame'] = (content, bottom, filled = false) => (
    <Frame
      title={household.head_name}
      subtitle={
        <>
          {t('地块 {n}', { n: plot.number })}{' '}
          {battery_percent !== null && <span class="while-small">· {t('电量 {n}%', { n: battery_percent })}</span>}
        </>
      }
      back={{ screen: 'plot', plot_id: plot.id }}
      top={
        <>
          <StepBar work={work} step={step} />
          {task?.state === 'returned' && task.return_reason && (
            <ReturnedNote
              reason={task.return_reason} todo={task.todo ?? []} shots={work.subject.programme.policy.shots} capture_id={capture_id}
            />
          )}
          <div class="held">
            {work.broken && (
              <p class="notice notice-fail" role="alert" data-testid="not-saved"><Icon name="warn" /><span>{t('刚才的内容还没有存进手机，正在重试；请检查手机空间，先不要关闭应用')}</span></p>
            )}
            {whereabouts.trouble === 'denied' && (
              <div class="notice notice-fail" role="alert" data-testid="no-permission">
                <Icon name="warn" />
                <span>{t('定位权限被关闭。已记录的都在；请在浏览器设置里允许定位，再点“重试”')}</span>
                <button type="button" class="notice-button" onClick={() => { whereabouts.again(); }}>{t('重试')}</button>
              </div>
            )}
            <VerdictLine work={work} />
          </div>
        </>
      }
      bottom={bottom}
      filled={filled}
      flows
    >
      {content}
    </Frame>
  );
  switch (step) {
    case 'boundary': return <BoundaryStep work={work} frame={frame} />;
    case 'photos': return <PhotosStep work={work} frame={frame} />;
    case 'counts': return <CountsStep work={work} frame={frame} />;
    case 'standards': return <StandardsStep work={work} frame={frame} />;
    case 'confirm': return <ConfirmStep work={work} frame={frame} />;
  }
}
