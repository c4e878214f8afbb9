/** ② The shot list (照片). */

import { useState } from 'preact/hooks';
import { PhotoAlreadyTaken } from '../../db/captures';
import type { StoredPhoto } from '../../db/schema';
import { UnreadablePicture } from '../../device/picture';
import type { Shot } from '../../domain/wire';
import { PictureNotKept, UnknownPicture } from '../../state/capture-work';
import { either, t } from '../../text';
import { clockTime, byteSize } from '../../text/format';
import { Ask, type Question } from '../shared/ask';
import { useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { ClockNotice } from '../shared/frame';
import { hrefOf } from '../shared/route';
import { Tag } from '../shared/tag';
import { Thumb } from '../shared/thumb';
import { CameraView } from './camera-view';
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
  const [shooting, shoot] = useState<Shot | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<{ kind: string; text: string } | null>(null);
  const [question, ask] = useState<Question | null>(null);
  const { shots, capture } = work;
  const required = shots.filter((shot) => shot.required);
  const taken = required.filter((shot) => work.photosOf(shot.kind).length > 0).length;

  async function keep(shot: Shot, source: StoredPhoto['source'], read: () => Promise<ArrayBuffer>): Promise<StoredPhoto | null> {
    const about = { kind: shot.kind, source, taken_at: new Date().toISOString(), clock_offset_ms: app.clock_offset_ms };
    setBusy(shot.kind);
    setError(null);
    try {
      // Some pickers withdraw the file soon after: the bytes are read before anything else.
      const [bytes, position] = await work.coming(Promise.all([read(), app.whereabouts.forPhoto()]));
      return await work.addPicture(bytes, about, position);
    } catch (problem) {
      setError({ kind: shot.kind, text: reasonOf(problem) });
      return null;
    } finally {
      setBusy(null);
    }
  }

  async function fromFile(shot: Shot, input: HTMLInputElement) {
    for (const file of [...(input.files ?? [])]) await keep(shot, 'file', () => file.arrayBuffer());
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
        {shots.map((shot) => {
          const photos = work.photosOf(shot.kind);
          const problem = error?.kind === shot.kind ? error.text : null;
          return (
            <li key={shot.kind} class="shot" data-testid={`shot-${shot.kind}`}>
              <div class="shot-head">
                <h2>{either(shot.title_zh, shot.title_en)}</h2>
                {photos.length > 0
                  ? <Tag kind="pass">{t('已拍 {n}', { n: photos.length })}</Tag>
                  : shot.required ? <Tag kind="doubt">{t('必拍')}</Tag> : <Tag kind="plain">{t('选拍')}</Tag>}
              </div>
              <p class="muted">{either(shot.hint_zh, shot.hint_en)}</p>
              {photos.length > 0 && (
                <ul class="thumbs">
                  {photos.map((photo) => (
                    <li key={photo.id}>
                      <Thumb photo_id={photo.id} alt={`${either(shot.title_zh, shot.title_en)} ${clockTime(photo.taken_at)}`} />
                      <span class="thumb-more">
                        {clockTime(photo.taken_at)} · {byteSize(photo.size_bytes)}
                        <br />
                        {photo.position ? `±${Math.round(photo.position.accuracy_m)} m` : t('无定位')}
                      </span>
                      <button type="button" class="thumb-remove" aria-label={t('删除')} onClick={() => { remove(photo); }}><Icon name="trash" /></button>
                    </li>
                  ))}
                </ul>
              )}
              {problem && <p class="form-error" role="alert">{problem}</p>}
              <div class="buttons">
                <label class="button button-quiet">
                  <Icon name="upload" />{busy === shot.kind ? t('正在保存…') : t('系统相机')}
                  <input
                    class="hidden" type="file" accept="image/*" capture="environment" data-testid={`shot-input-${shot.kind}`}
                    aria-label={t('用系统相机拍：{s}', { s: either(shot.title_zh, shot.title_en) })}
                    onChange={(event) => void fromFile(shot, event.currentTarget)}
                  />
                </label>
                <button
                  type="button" class={photos.length > 0 ? 'button button-quiet' : 'button'} data-testid={`shot-camera-${shot.kind}`}
                  onClick={() => { setError(null); shoot(shot); }}
                >
                  <Icon name="camera" />{photos.length > 0 ? t('再拍一张') : t('拍照')}
                </button>
              </div>
            </li>
          );
        })}
      </ol>
      {shooting && (
        <CameraView
          shot={shooting}
          work={work}
          keep={(read) => keep(shooting, 'camera', read)}
          problem={error?.kind === shooting.kind ? error.text : null}
          next={shots.find((shot) => shot.kind !== shooting.kind && work.photosOf(shot.kind).length === 0 && shot.required) ?? null}
          onShot={shoot}
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
