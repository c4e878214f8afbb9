/** What can still be done with a closed boundary, and which plots it shares a ridge with. */

import { useState } from 'preact/hooks';
import type { Located } from '../../device/location';
import type { CaptureWork } from '../../state/capture-work';
import { t } from '../../text';
import { mu } from '../../text/format';
import type { Question } from '../shared/ask';
import { hrefOf } from '../shared/route';
import { landTypeName } from '../shared/tag';
import { Choices, Key, type Choice } from './boundary-parts';

/** Whether this plot and another of the household share a ridge, as the inspector sees it: no phone can tell. */
export function Joins({ work }: { work: CaptureWork }) {
  const { others } = work.subject;
  const said = work.capture.joins ?? [];
  if (others.length === 0) return null;

  function say(plot_id: string, joined: boolean) {
    const same = said.some((each) => each.plot_id === plot_id && each.joined === joined);
    void work.change((old) => {
      const rest = (old.joins ?? []).filter((each) => each.plot_id !== plot_id);
      return { ...old, joins: same ? rest : [...rest, { plot_id, joined }] };
    });
  }

  return (
    <section class="joins" aria-label={t('是否共埂相连')}>
      <h2>{t('与本户其他地块是否共埂相连？')}</h2>
      {others.map((other) => {
        const joined = said.find((each) => each.plot_id === other.id)?.joined;
        return (
          <div key={other.id} class="join" role="group" aria-label={t('地块 {n}', { n: other.number })}>
            <span><b>{t('地块 {n}', { n: other.number })}</b> {landTypeName(other.land_type)} {t('{n} 亩', { n: mu(other.declared_mu) })}</span>
            <span class="segments">
              <button type="button" aria-pressed={joined === true} data-testid="join-yes" onClick={() => { say(other.id, true); }}>{t('相连')}</button>
              <button type="button" aria-pressed={joined === false} data-testid="join-no" onClick={() => { say(other.id, false); }}>{t('不相连')}</button>
            </span>
          </div>
        );
      })}
    </section>
  );
}

export function ClosedActions({ work, here, placed, ask, onAdjust, onTape }: {
  work: CaptureWork; here: Located | null; placed: boolean; ask: (question: Question) => void; onAdjust: () => void; onTape: () => void;
}) {
  const [more, openMore] = useState(false);
  const { boundary, capture } = work;
  const walked = boundary.method === 'walk';
  const [exterior] = boundary.rings;
  const walkedOutside = (exterior?.walk.method ?? 'walk') === 'walk';
  const laps = (boundary.walk.lap_ends_t_ms?.length ?? 0) + 1;

  const holeBy = (method: 'walk' | 'corners') => () => void boundary.beginHole().then(() => boundary.prepare(method));
  const choices: Choice[] = [
    // Times and errors of a walk and of measured corners are not judged alike, so only a walk takes a walked hole.
    ...(walkedOutside ? [{ key: 'hole-walk', icon: 'loop' as const, label: t('扣除房屋、水塘：绕一圈'), hint: t('沿它的边走一圈，面积从地块里扣掉'), onChoose: holeBy('walk') }] : []),
    { key: 'hole-corners', icon: 'corner', label: t('扣除房屋、水塘：定角点'), hint: t('到它的每个角上站 10 秒'), onChoose: holeBy('corners') },
    ...(boundary.inHole ? [{
      key: 'hole-drop', icon: 'trash' as const, label: t('去掉这处扣除'), danger: true, onChoose: () => void boundary.dropHole(),
    }] : []),
    ...(boundary.method === 'tape' ? [{ key: 'tape', icon: 'tape' as const, label: t('改卷尺数据'), onChoose: onTape }] : []),
    {
      key: 'again', icon: 'refresh', label: boundary.inHole ? t('重新量这处扣除') : t('重新绕地'), danger: true,
      onChoose: () => {
        ask({
          title: t('重新绕地？'), text: t('这次的轨迹会留在手机里，但不再上报。'), yes: t('重新绕地'), danger: true, onYes: () => void boundary.startOver(),
        });
      },
    },
  ];
  return (
    <>
      <div class="buttons keys">
        {walked && !boundary.inHole && (
          <Key icon="loop" testid="walk-lap" onPress={() => void boundary.nextLap(here)}>{t('再走一圈取平均')}</Key>
        )}
        {laps === 1 && <Key icon="move" testid="walk-adjust" onPress={onAdjust}>{t('微调')}</Key>}
        <Key icon="more" testid="walk-more" onPress={() => { openMore(true); }}>{placed ? t('扣除、重来') : t('更多')}</Key>
      </div>
      <a class="button button-main" href={hrefOf({ screen: 'capture', capture_id: capture.id, step: 'photos' })}>{t('下一步：照片')}</a>
      <Choices title={t('还可以')} choices={more ? choices : null} onDone={() => { openMore(false); }} />
    </>
  );
}
