/** ② The shot list (照片). */

import { useState } from 'preact/hooks';
import { PhotoAlreadyTaken } from '../../db/captures';
import type { StoredPhoto } from '../../db/schema';
import { askForOrientation } from '../../device/orientation';
import { UnreadablePicture } from '../../device/picture';
import type { PhotoKind, Shot } from '../../domain/wire';
import { PictureNotKept, UnknownPicture } from '../../state/capture-work';
import { unexplained } from '../../state/photo-checks';
import { t } from '../../text';
import { Ask, type Question } from '../shared/ask';
import { useAccount, useApp } from '../shared/context';
import { ClockNotice } from '../shared/frame';
import { hrefOf } from '../shared/route';
import { CameraView } from './camera-view';
import { ShotCard } from './shot-card';
import type { Aim } from './viewfinder';
import type { StepProps } from '.';

export function reasonOf(error: unknown): string {
  if (error instanceof PhotoAlreadyTaken) return t('这张照片已经用过了，请另拍一张');
  if (error instanceof UnknownPicture || error instanceof UnreadablePicture) return t('读不出这张照片，请用相机重拍（JPEG、PNG 或 WebP）');
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return t('手机空间不足，请先上传照片');
  if (error instanceof PictureNotKept) return t('照片存下后核对不上，请重拍；多次出现请换一台手机');
  return t('照片没有存进手机，请再试一次');
}

export function PhotosStep({ work, frame }: StepProps) {
  const app = useApp();
  const { ledger } = useAccount();
  /** The shot in the camera, and the picture of it that wants a word. */
  const [shooting, shoot] = useState<{ shot: Shot; look: StoredPhoto | null } | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<{ kind: string; text: string } | null>(null);
  const [question, ask] = useState<Question | null>(null);
  const { shots, capture, subject: { plot, programme: { policy } } } = work;
  const required = shots.filter((shot) => shot.required);
  const taken = required.filter((shot) => work.photosOf(shot.kind).length > 0).length;
  const previous = ledger?.tasks.find((task) => task.id === capture.task_id)?.previous;
  const before = (kind: PhotoKind) => previous?.photos.find((photo) => photo.kind === kind)?.sha256 ?? null;
  const problemOf = (shot: Shot) => (error?.kind === shot.kind ? error.text : null);

  async function keep(
    shot: Shot, source: StoredPhoto['source'], read: () => Promise<ArrayBuffer>, aim: Aim = { heading_deg: null },
  ): Promise<StoredPhoto | null> {
    const about = {
      kind: shot.kind, source, taken_at: new Date().toISOString(), clock_offset_ms: app.clock_offset_ms,
      ...(aim.heading_deg !== null && { heading_deg: Math.round(aim.heading_deg) % 360 }),
    };
    setBusy(shot.kind);
    setError(null);
    try {
      // Some pickers withdraw the file soon after: the bytes are read before anything else. Where the phone is now
      // says nothing about where a picture of the gallery was taken.
      const [bytes, position] = await work.coming(Promise.all([read(), source === 'gallery' ? null : app.whereabouts.forPhoto()]));
      return await work.addPicture(bytes, about, position);
    } catch (problem) {
      setError({ kind: shot.kind, text: reasonOf(problem) });
      return null;
    } finally {
      setBusy(null);
    }
  }

  async function fromFile(shot: Shot, input: HTMLInputElement, source: 'file' | 'gallery') {
    for (const file of [...(input.files ?? [])]) {
      const photo = await keep(shot, source, () => file.arrayBuffer());
      if (photo && unexplained(photo)) shoot({ shot, look: photo });
    }
    input.value = '';
  }

  function remove(photo: StoredPhoto) {
    ask({
      title: t('删除这张照片？'),
      text: t('删除后不能恢复。'),
      yes: t('删除'),
      danger: true,
      onYes: () => void work.removePicture(photo),
    });
  }

  return frame(
    <>
      <ClockNotice />
      <p class="lead">{t('必拍 {n} / {m}', { n: taken, m: required.length })}</p>
      <ol class="shots">
        {shots.map((shot, i) => (
          <ShotCard
            key={shot.kind} shot={shot} slot={i + 1} land_type={plot.land_type} photos={work.photosOf(shot.kind)}
            before={before(shot.kind)} gallery={policy.photos?.gallery === true} busy={busy === shot.kind} problem={problemOf(shot)}
            onCamera={() => { askForOrientation(); setError(null); shoot({ shot, look: null }); }}
            onFiles={(input, source) => void fromFile(shot, input, source)}
            onLook={(photo) => { shoot({ shot, look: photo }); }}
            onRemove={remove}
          />
        ))}
      </ol>
      {shooting && (
        <CameraView
          shot={shooting.shot}
          look={shooting.look}
          work={work}
          before={before(shooting.shot.kind)}
          keep={(read, source, aim) => keep(shooting.shot, source, read, aim)}
          problem={problemOf(shooting.shot)}
          progress={{ taken, required: required.length }}
          next={shots.find((shot) => shot.kind !== shooting.shot.kind && work.photosOf(shot.kind).length === 0 && shot.required) ?? null}
          onShot={(shot) => { shoot({ shot, look: null }); }}
          onClose={() => { shoot(null); }}
        />
      )}
      <Ask question={question} onDone={() => { ask(null); }} />
    </>,
    <a class={taken < required.length ? 'button button-main button-quiet' : 'button button-main'} href={hrefOf({ screen: 'capture', capture_id: capture.id, step: 'counts' })}>
      {t('下一步：株数')}
    </a>,
  );
}
