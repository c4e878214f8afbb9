/** The camera inside the app: the picture is kept the moment it is taken, then looked at. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { StoredPhoto } from '../../db/schema';
import { openCamera, type Camera } from '../../device/camera';
import { buzz } from '../../device/wake-lock';
import type { Shot } from '../../domain/wire';
import type { CaptureWork } from '../../state/capture-work';
import { useObserved } from '../../state/observable';
import { either, t } from '../../text';
import { useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { Thumb } from '../shared/thumb';

export interface CameraViewProps {
  shot: Shot;
  work: CaptureWork;
  keep: (read: () => Promise<ArrayBuffer>) => Promise<StoredPhoto | null>;
  problem: string | null;
  /** The next required shot that has no picture. */
  next: Shot | null;
  onShot: (shot: Shot) => void;
  onClose: () => void;
}

export function CameraView({ shot, work, keep, problem, next, onShot, onClose }: CameraViewProps) {
  const { whereabouts } = useApp();
  useObserved(whereabouts);
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [camera, setCamera] = useState<Camera | null>(null);
  const [absent, setAbsent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [kept, setKept] = useState<StoredPhoto | null>(null);

  useEffect(() => {
    dialog.current?.showModal();
    let left = false;
    let opened: Camera | null = null;
    openCamera().then(
      (found) => {
        if (left) {
          found.close();
          return;
        }
        opened = found;
        setCamera(found);
      },
      () => { setAbsent(true); },
    );
    return () => { left = true; opened?.close(); };
  }, []);

  useEffect(() => {
    if (!video.current || !camera || kept) return;
    video.current.srcObject = camera.stream;
    void video.current.play().catch(() => undefined);
  }, [camera, kept]);

  async function shoot() {
    const view = video.current;
    if (!camera || !view || busy || view.videoWidth === 0) return;
    setBusy(true);
    buzz(15);
    setKept(await keep(() => camera.shoot(view)));
    setBusy(false);
  }

  async function retake() {
    if (kept) await work.removePicture(kept);
    setKept(null);
  }

  const title = either(shot.title_zh, shot.title_en);
  const { here } = whereabouts;
  return (
    <dialog ref={dialog} class="camera" aria-label={title} onClose={onClose}>
      <div class="camera-top">
        <h2>{title}</h2>
        <button type="button" class="camera-close" aria-label={t('关闭相机')} onClick={() => dialog.current?.close()}><Icon name="cross" /></button>
      </div>
      <div class="camera-view">
        {kept ? <Thumb photo_id={kept.id} alt={title} /> : <video ref={video} playsInline muted />}
        {absent && <p class="camera-note">{t('打不开相机，请关闭这里，改用“系统相机”。')}</p>}
        {problem && !kept && <p class="camera-note" role="alert">{problem}</p>}
        {!kept && !absent && !problem && <p class="camera-hint">{either(shot.hint_zh, shot.hint_en)}</p>}
      </div>
      <p class="camera-where" role="status">
        {kept ? t('已存进手机') : here ? t('定位精度 ±{n} 米', { n: Math.round(here.accuracy_m) }) : t('还没有定位，照片会标注“无定位”')}
      </p>
      <div class="camera-keys">
        {kept ? (
          <>
            <button type="button" class="button button-quiet" onClick={() => void retake()}>{t('重拍')}</button>
            {next ? (
              <button type="button" class="button" data-testid="camera-next" onClick={() => { setKept(null); onShot(next); }}>
                {t('下一张：{s}', { s: either(next.title_zh, next.title_en) })}
              </button>
            ) : (
              <button type="button" class="button" data-testid="camera-done" onClick={() => dialog.current?.close()}>{t('完成')}</button>
            )}
          </>
        ) : (
          <button
            type="button" class="shutter" data-testid="shutter" aria-label={t('拍照')} aria-disabled={busy || !camera}
            onClick={() => void shoot()}
          />
        )}
      </div>
    </dialog>
  );
}
