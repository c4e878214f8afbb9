/** The boundary by tape (卷尺丈量): all sides and one diagonal a triangle, with a photo of the tape. */

import { useState } from 'preact/hooks';
import { muOf } from '../../domain/area';
import { emptyTape, LEAST_CORNERS, MOST_CORNERS, traceTape, withCorners, type Tape } from '../../domain/tape';
import { useObserved } from '../../state/observable';
import { t } from '../../text';
import { arrow, mu, squareMetres } from '../../text/format';
import { useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { Thumb } from '../shared/thumb';
import { TapeDrawing } from './tape-drawing';
import type { StepProps } from '.';

const DIRECTIONS_DEG = [0, 45, 90, 135, 180, 225, 270, 315];

function directionName(bearing_deg: number): string {
  return [t('北'), t('东北'), t('东'), t('东南'), t('南'), t('西南'), t('西'), t('西北')][bearing_deg / 45] ?? '';
}

/** Metres as typed, with point or comma; null for what is no length. */
function lengthOf(typed: string): number | null {
  const value = Number(typed.replace(/[,，。]/g, '.').replace(/[^\d.]/g, ''));
  return Number.isFinite(value) && value > 0 && value < 2_000 ? Math.round(value * 100) / 100 : null;
}

function Length({ label, value, testid, onLength }: { label: string; value: number | null; testid: string; onLength: (m: number | null) => void }) {
  const [typed, type] = useState(value === null ? '' : String(value));
  return (
    <label class="tape-length">
      <span>{label}</span>
      <input
        class="input" type="text" inputMode="decimal" autocomplete="off" maxLength={7} value={typed} data-testid={testid}
        onInput={(event) => { type(event.currentTarget.value); onLength(lengthOf(event.currentTarget.value)); }}
      />
      <span>{t('米')}</span>
    </label>
  );
}

export function TapeView({ work, frame, onDone }: StepProps & { onDone: () => void }) {
  const app = useApp();
  const { whereabouts } = app;
  useObserved(whereabouts);
  const [problem, setProblem] = useState('');
  const { boundary } = work;
  const tape = boundary.walk.tape ?? emptyTape();
  const traced = traceTape(tape);
  const photos = work.photosOf('measure');
  const { here } = whereabouts;
  const corners = traced && 'corners' in traced ? traced : null;
  const ready = corners !== null && photos.length > 0 && here !== null;

  const set = (change: Partial<Tape>) => void boundary.setTape({ ...tape, ...change });
  const changed = (list: readonly (number | null)[], k: number, m: number | null) => list.map((old, i) => (i === k ? m : old));

  async function photograph(input: HTMLInputElement) {
    const [file] = [...(input.files ?? [])];
    setProblem('');
    try {
      if (file) {
        const about = { kind: 'measure' as const, source: 'file' as const, taken_at: new Date().toISOString(), clock_offset_ms: app.clock_offset_ms };
        const [bytes, position] = await work.coming(Promise.all([file.arrayBuffer(), whereabouts.forPhoto()]));
        await work.addPicture(bytes, about, position);
      }
    } catch {
      setProblem(t('照片没有存进手机，请再试一次'));
    }
    input.value = '';
  }

  function hint(): string {
    if (traced && 'unmet' in traced) {
      const [a, b, c] = traced.unmet.corners;
      return t('角 {a}、{b}、{c} 的三条边围不成三角形，请核对长度', { a, b, c });
    }
    if (!corners) return t('请量完各边和对角线');
    if (photos.length === 0) return t('还缺卷尺照片');
    return here ? t('请站在 1 号角上完成，地块就画在这里') : t('信号弱，正在等待定位');
  }

  return frame(
    <div class="tape">
      <h2>{t('卷尺丈量')}</h2>
      <p class="muted">{t('从 1 号角起，按顺序量每条边；再从 1 号角量到不相邻的各角。')}</p>
      <div class="tape-count" role="group" aria-label={t('角的个数')}>
        <button type="button" class="square" aria-label={t('少一个角')} aria-disabled={tape.corners <= LEAST_CORNERS} onClick={() => { if (tape.corners > LEAST_CORNERS) void boundary.setTape(withCorners(tape, tape.corners - 1)); }}>−</button>
        <b role="status">{t('{n} 个角', { n: tape.corners })}</b>
        <button type="button" class="square" aria-label={t('多一个角')} aria-disabled={tape.corners >= MOST_CORNERS} onClick={() => { if (tape.corners < MOST_CORNERS) void boundary.setTape(withCorners(tape, tape.corners + 1)); }}>+</button>
      </div>
      <TapeDrawing tape={tape} corners={corners?.corners ?? null} />
      <div class="tape-lengths" key={tape.corners}>
        {tape.sides_m.map((m, k) => (
          <Length
            key={`side-${k}`} testid={`tape-side-${k + 1}`} value={m} label={t('边 {a}–{b}', { a: k + 1, b: ((k + 1) % tape.corners) + 1 })}
            onLength={(length) => { set({ sides_m: changed(tape.sides_m, k, length) }); }}
          />
        ))}
        {tape.diagonals_m.map((m, k) => (
          <Length
            key={`diagonal-${k}`} testid={`tape-diagonal-${k + 3}`} value={m} label={t('对角线 {a}–{b}', { a: 1, b: k + 3 })}
            onLength={(length) => { set({ diagonals_m: changed(tape.diagonals_m, k, length) }); }}
          />
        ))}
      </div>
      <label class="field">
        <span>{t('从 1 号角看 2 号角，朝向')}</span>
        <select class="input" value={String(tape.bearing_deg)} data-testid="tape-bearing" onChange={(event) => { set({ bearing_deg: Number(event.currentTarget.value) }); }}>
          {DIRECTIONS_DEG.map((deg) => <option key={deg} value={String(deg)}>{arrow(deg)} {directionName(deg)}</option>)}
        </select>
      </label>
      <div class="field" role="group" aria-label={t('从 1 号角走向 2 号角，地块在')}>
        <span>{t('从 1 号角走向 2 号角，地块在')}</span>
        <span class="segments">
          <button type="button" aria-pressed={tape.plot_on === 'left'} onClick={() => { set({ plot_on: 'left' }); }}>{t('左手边')}</button>
          <button type="button" aria-pressed={tape.plot_on === 'right'} onClick={() => { set({ plot_on: 'right' }); }}>{t('右手边')}</button>
        </span>
      </div>
      <div class="field">
        <span>{t('卷尺照片（必拍）')}</span>
        {photos.length > 0 && <ul class="thumbs">{photos.map((photo) => <li key={photo.id}><Thumb photo_id={photo.id} alt={t('卷尺照片')} /></li>)}</ul>}
        {problem && <p class="form-error" role="alert">{problem}</p>}
        <label class="button button-quiet">
          <Icon name="camera" />{photos.length > 0 ? t('再拍一张') : t('拍卷尺')}
          <input
            class="hidden" type="file" accept="image/*" capture="environment" data-testid="tape-photo" aria-label={t('拍卷尺')}
            onChange={(event) => void photograph(event.currentTarget)}
          />
        </label>
      </div>
    </div>,
    <>
      <p class="walk-status" role="status" data-testid="tape-status">
        {corners && <b>{t('{n} 亩', { n: mu(muOf(corners.area_m2)) })} · {squareMetres(corners.area_m2)} </b>}
        {hint()}
      </p>
      <div class="buttons">
        <button type="button" class="button button-main button-quiet" data-testid="tape-back" onClick={onDone}>{t('返回')}</button>
        <button
          type="button" class="button button-main" data-testid="tape-done" aria-disabled={!ready}
          onClick={() => { if (ready) void boundary.closeTape(corners.corners, here).then(onDone); }}
        >
          <Icon name="check" />{t('完成丈量')}
        </button>
      </div>
    </>,
  );
}
