/** The ways to a boundary besides walking it (其他办法). */

import type { Located } from '../../device/location';
import type { CaptureWork } from '../../state/capture-work';
import { t } from '../../text';
import type { Question } from '../shared/ask';
import type { Choice } from './boundary-parts';

export function otherWays(
  work: CaptureWork, here: Located | null, { onTape, ask }: { onTape: () => void; ask: (question: Question) => void },
): Choice[] {
  const { boundary, subject } = work;
  const outline = subject.plot.boundary?.coordinates[0];
  const begun = boundary.fixes.length > 0;
  // What was walked so far stays on the phone, but the other way begins anew.
  const anew = (go: () => Promise<void>) => () => {
    if (begun) ask({ title: t('换一种办法？'), text: t('这次的轨迹会留在手机里，但不再上报。'), yes: t('换'), onYes: () => void go() });
    else void go();
  };
  const ways: Choice[] = [
    {
      key: 'corners', icon: 'corner', label: t('四角定点'), hint: t('有障碍绕不过去时，到每个角上站 10 秒'),
      onChoose: anew(async () => {
        if (begun) await boundary.startOver();
        await boundary.record(here, { method: 'corners' });
      }),
    },
    { key: 'tape', icon: 'tape', label: t('卷尺丈量'), hint: t('量各边和对角线，拍下卷尺；小地块更准'), onChoose: onTape },
  ];
  if (begun) {
    ways.push({ key: 'again', icon: 'refresh', label: t('重新绕地'), onChoose: anew(() => boundary.startOver()) });
  }
  if (outline) {
    ways.push({
      key: 'earlier', icon: 'clock', label: t('沿用上次边界'), hint: t('只在边界没有变化时用；审核时会注明'),
      onChoose: () => {
        ask({
          title: t('沿用上次边界？'), text: t('请到现场看过，边界确实没有变化。'), yes: t('沿用'), onYes: () => void boundary.reuse(outline),
        });
      },
    });
  }
  return ways;
}
