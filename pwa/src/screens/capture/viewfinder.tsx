/** The camera at work: what it sees, the stamp as it will be kept, the last visit or an outline over it, the horizon. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Camera } from '../../device/camera';
import { watchOrientation, type Held } from '../../device/orientation';
import { buzz } from '../../device/wake-lock';
import type { Shot } from '../../domain/wire';
import { useObserved } from '../../state/observable';
import { either, t } from '../../text';
import { useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { PictureBefore } from '../shared/picture-before';
import { ShotDrawing } from './shot-drawing';
import { stampFacts, StampView, type StampSubject } from './stamp-view';

const GHOST = 0.35;
const GHOST_MOST = 0.7;
const GHOST_STEP = 0.05;
/** Leaning less than this is straight enough. */
const LEVEL_DEG = 2;
const CLOCK_MS = 1_000;

/** Where the camera looks at the shutter. */
export type Aim = { heading_deg: number | null };

export interface ViewfinderProps {
  camera: Camera | null;
  absent: boolean;
  shot: Shot;
  subject: StampSubject;
  /** Hash of the last visit's picture of this kind. */
  before: string | null;
  problem: string | null;
  onShoot: (read: () => Promise<ArrayBuffer>, source: 'camera' | 'file', aim: Aim) => Promise<void>;
}

function Level({ horizon_deg }: { horizon_deg: number | null }) {
  if (horizon_deg === null) return null;
  const level = Math.abs(horizon_deg) < LEVEL_DEG;
  return <span class={level ? 'level level-straight' : 'level'} style={{ transform: `rotate(${horizon_deg.toFixed(1)}deg)` }} />;
}

function GhostKeys({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const set = (next: number) => { onChange(Math.min(GHOST_MOST, Math.max(0, Math.round(next * 100) / 100))); };
  return (
    <div class="ghost-keys">
      <button type="button" aria-label={t('参考图淡一些')} onClick={() => { set(value - GHOST_STEP); }}>−</button>
      <label>
        <span>{t('参考图 {n}%', { n: Math.round(value * 100) })}</span>
        <input
          type="range" min={0} max={GHOST_MOST * 100} step={GHOST_STEP * 100} value={value * 100} data-testid="ghost-slider"
          onInput={(event) => { set(Number(event.currentTarget.value) / 100); }}
        />
      </label>
      <button type="button" aria-label={t('参考图浓一些')} onClick={() => { set(value + GHOST_STEP); }}>+</button>
    </div>
  );
}

export function Viewfinder({ camera, absent, shot, subject, before, problem, onShoot }: ViewfinderProps) {
  const { whereabouts, clock_offset_ms } = useApp();
  useObserved(whereabouts);
  const video = useRef<HTMLVideoElement>(null);
  const [busy, setBusy] = useState(false);
  const [held, setHeld] = useState<Held>({ heading_deg: null, horizon_deg: null });
  const [ghost, setGhost] = useState(GHOST);
  const [lit, setLit] = useState(false);
  const [now, setNow] = useState(() => new Date());

  useEffect(() => watchOrientation(setHeld), []);
  useEffect(() => {
    const timer = setInterval(() => { setNow(new Date()); }, CLOCK_MS);
    return () => { clearInterval(timer); };
  }, []);
  useEffect(() => {
    const view = video.current;
    if (!view || !camera) return;
    view.srcObject = camera.stream;
    void view.play().catch(() => undefined);
    return () => { view.srcObject = null; };
  }, [camera]);

  async function take(read: () => Promise<ArrayBuffer>, source: 'camera' | 'file') {
    setBusy(true);
    buzz(15);
    // The camera app has turned the phone since: its picture has no direction.
    await onShoot(read, source, { heading_deg: source === 'camera' ? held.heading_deg : null });
    setBusy(false);
  }

  function shoot() {
    const view = video.current;
    if (!camera || !view || busy || view.videoWidth === 0) return;
    void take(() => camera.shoot(view), 'camera');
  }

  async function fromFile(input: HTMLInputElement) {
    const file = input.files?.[0];
    if (file) await take(() => file.arrayBuffer(), 'file');
    input.value = '';
  }

  const { here } = whereabouts;
  const facts = stampFacts(subject, shot, {
    taken_at: now.toISOString(), clock_offset_ms, source: 'camera', heading_deg: held.heading_deg,
    position: here && { lon: here.lon, lat: here.lat, accuracy_m: here.accuracy_m },
  });
  return (
    <>
      <div class="camera-view">
        {!absent && <video ref={video} playsInline muted aria-hidden="true" />}
        <div class={absent ? 'ghost ghost-alone' : 'ghost'} style={{ opacity: String(absent ? 1 : ghost) }} data-testid="ghost">
          <PictureBefore
            sha256={before} class="ghost-picture" alt=""
            otherwise={<ShotDrawing kind={shot.kind} land_type={subject.plot.land_type} outline={!absent} />}
          />
        </div>
        {!absent && <Level horizon_deg={held.horizon_deg} />}
        {absent && <p class="camera-note">{t('打不开相机：照上面的样子，用系统相机拍')}</p>}
        {problem && <p class="camera-note" role="alert">{problem}</p>}
        <p class="camera-hint">{either(shot.hint_zh, shot.hint_en)}</p>
        <StampView facts={facts} />
      </div>
      {!absent && <GhostKeys value={ghost} onChange={setGhost} />}
      <div class="camera-keys">
        {absent ? (
          <label class="button">
            <Icon name="camera" />{busy ? t('正在保存…') : t('系统相机')}
            <input
              class="hidden" type="file" accept="image/*" capture="environment" data-testid="camera-file"
              aria-label={t('用系统相机拍：{s}', { s: either(shot.title_zh, shot.title_en) })}
              onChange={(event) => void fromFile(event.currentTarget)}
            />
          </label>
        ) : (
          <>
            {camera?.hasTorch
              ? (
                <button
                  type="button" class="camera-side" aria-pressed={lit} data-testid="torch"
                  onClick={() => void camera.light(!lit).then(setLit)}
                >
                  <Icon name="lamp" /><span>{t('补光')}</span>
                </button>
              )
              : <span class="camera-side" />}
            <button
              type="button" class="shutter" data-testid="shutter" aria-label={t('拍照')} aria-disabled={busy || !camera}
              onClick={shoot}
            />
            <button
              type="button" class="camera-side" aria-pressed={ghost > 0} data-testid="ghost-switch"
              onClick={() => { setGhost(ghost > 0 ? 0 : GHOST); }}
            >
              <Icon name="layers" /><span>{t('参考图')}</span>
            </button>
          </>
        )}
      </div>
    </>
  );
}
