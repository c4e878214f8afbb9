/** Fine-tuning a closed ring (微调): choose a point, move it by arrows, a metre a tap; no dragging. */

import { useState } from 'preact/hooks';
import { positionOf } from '../../domain/walk';
import { t } from '../../text';
import { Icon, type IconName } from '../shared/icons';
import { Sketch, type Neighbour } from '../shared/sketch';
import { useApp } from '../shared/context';
import { Faults, Figures, Key } from './boundary-parts';
import { sketchOf, type RingFaults } from './boundary-view';
import type { StepProps } from '.';

const STEP_M = 1;

export function AdjustView({ work, frame, neighbours, faults, onDone }: StepProps & {
  neighbours: readonly Neighbour[]; faults: RingFaults; onDone: () => void;
}) {
  const { here } = useApp().whereabouts;
  const { boundary } = work;
  const { tuning, fixes } = boundary;
  const { handles } = tuning;
  // By its place among all fixes ever taken: an index would mean another point once one is gone.
  const [seq, choose] = useState<number | null>(null);
  const chosen = handles.find((i) => fixes[i]?.seq === seq) ?? handles[0] ?? 0;
  const place = handles.indexOf(chosen);
  const places = handles.flatMap((i) => fixes[i] ?? []).map(positionOf);

  function step(by: number) {
    const next = handles[(place + by + handles.length) % handles.length];
    if (next !== undefined) choose(fixes[next]?.seq ?? null);
  }

  function move(east_m: number, north_m: number) {
    choose(fixes[chosen]?.seq ?? null);
    void tuning.move(chosen, east_m, north_m);
  }

  function remove() {
    if (handles.length <= 3) return;
    const before = handles.at(place - 1);
    choose(before === undefined ? null : fixes[before]?.seq ?? null);
    void tuning.remove(chosen);
  }

  const arrow = (name: string, icon: IconName, said: string, east_m: number, north_m: number) => (
    <button type="button" class={`pad-key pad-${name}`} data-testid={`move-${name}`} aria-label={said} onClick={() => { move(east_m, north_m); }}>
      <Icon name={icon} />
    </button>
  );
  const what = {
    ...sketchOf(work, neighbours, here, faults),
    handles: places,
    chosen: places[place] ?? null,
  };
  return frame(
    <div class="walk">
      <Figures work={work} />
      <Sketch what={what} said={t('轨迹示意图，上方为北；已记录 {n} 个定位点', { n: fixes.length })} />
      {/* What concerns the shape; the rest stands on the screen before. */}
      <Faults work={work} faults={{ ...faults, overlaps: faults.overlaps.filter((each) => each.significant) }} />
    </div>,
    <>
      <p class="walk-status" role="status">{t('第 {n} 点，共 {m} 点；每按一次移 1 米', { n: place + 1, m: handles.length })}</p>
      <div class="tune">
        <div class="pad" role="group" aria-label={t('移动这一点')}>
          {arrow('north', 'up', t('向北 1 米'), 0, STEP_M)}
          {arrow('west', 'left', t('向西 1 米'), -STEP_M, 0)}
          {arrow('east', 'right', t('向东 1 米'), STEP_M, 0)}
          {arrow('south', 'down', t('向南 1 米'), 0, -STEP_M)}
        </div>
        <div class="tune-keys">
          <Key icon="left" testid="point-before" onPress={() => { step(-1); }}>{t('上一点')}</Key>
          <Key icon="right" testid="point-next" onPress={() => { step(1); }}>{t('下一点')}</Key>
          <Key icon="trash" testid="point-remove" disabled={handles.length <= 3} onPress={remove}>{t('删除此点')}</Key>
          <Key icon="undo" testid="tune-undo" disabled={!tuning.canUndo} onPress={() => void tuning.undo()}>{t('撤销')}</Key>
        </div>
      </div>
      <button type="button" class="button button-main" data-testid="tune-done" onClick={onDone}><Icon name="check" />{t('完成微调')}</button>
    </>,
    true,
  );
}
