/** One shot of the list: what it should show, what there is of it, and the ways to a picture. */

import type { StoredPhoto } from '../../db/schema';
import type { LandType, Shot } from '../../domain/wire';
import { unexplained } from '../../state/photo-checks';
import { either, t } from '../../text';
import { byteSize, clockTime } from '../../text/format';
import { Icon } from '../shared/icons';
import { Tag } from '../shared/tag';
import { Thumb } from '../shared/thumb';
import { remarkText } from './photo-review';
import { PictureBefore } from '../shared/picture-before';
import { ShotDrawing } from './shot-drawing';

export interface ShotCardProps {
  shot: Shot;
  /** Place in the list, from 1. */
  slot: number;
  land_type: LandType;
  photos: readonly StoredPhoto[];
  /** Hash of the last visit's picture of this kind. */
  before: string | null;
  gallery: boolean;
  busy: boolean;
  problem: string | null;
  onCamera: () => void;
  onFiles: (input: HTMLInputElement, source: 'file' | 'gallery') => void;
  onLook: (photo: StoredPhoto) => void;
  onRemove: (photo: StoredPhoto) => void;
}

function Taken({ photo, title, onLook, onRemove }: {
  photo: StoredPhoto; title: string; onLook: (photo: StoredPhoto) => void; onRemove: (photo: StoredPhoto) => void;
}) {
  const open = unexplained(photo);
  return (
    <li>
      <Thumb photo_id={photo.id} alt={`${title} ${clockTime(photo.taken_at)}`} />
      <span class="thumb-more">
        {clockTime(photo.taken_at)} · {byteSize(photo.size_bytes)}
        <br />
        {photo.source === 'gallery' ? t('非现场拍摄') : photo.position ? `±${Math.round(photo.position.accuracy_m)} m` : t('无定位')}
        {!open && (photo.remarks ?? []).map(({ code, reason }) => <span key={code} class="warned">{remarkText(code)}{t('：')}{reason}</span>)}
      </span>
      {open && <button type="button" class="button button-quiet thumb-open" data-testid="explain" onClick={() => { onLook(photo); }}><Icon name="warn" />{t('要处理')}</button>}
      <button type="button" class="thumb-remove" aria-label={t('删除')} onClick={() => { onRemove(photo); }}><Icon name="trash" /></button>
    </li>
  );
}

export function ShotCard({
  shot, slot, land_type, photos, before, gallery, busy, problem, onCamera, onFiles, onLook, onRemove,
}: ShotCardProps) {
  const title = either(shot.title_zh, shot.title_en);
  const doubtful = photos.some(unexplained);
  return (
    <li class="shot" data-testid={`shot-${shot.kind}`}>
      <div class="shot-head">
        <div class="shot-example">
          <ShotDrawing kind={shot.kind} land_type={land_type} />
          {before !== null && <PictureBefore sha256={before} class="shot-before" alt={t('上次验收的这张照片')} />}
        </div>
        <div class="shot-words">
          <h2>{slot}. {title}</h2>
          {doubtful ? <Tag kind="fail">{t('要处理')}</Tag>
            : photos.length > 0 ? <Tag kind="pass">{t('已拍 {n}', { n: photos.length })}</Tag>
            : shot.required ? <Tag kind="doubt">{t('必拍')}</Tag> : <Tag kind="plain">{t('选拍')}</Tag>}
          <p class="muted">{either(shot.hint_zh, shot.hint_en)}</p>
        </div>
      </div>
      {photos.length > 0 && (
        <ul class="thumbs">
          {photos.map((photo) => <Taken key={photo.id} photo={photo} title={title} onLook={onLook} onRemove={onRemove} />)}
        </ul>
      )}
      {problem && <p class="form-error" role="alert">{problem}</p>}
      <div class="buttons">
        <label class="button button-quiet">
          <Icon name="upload" />{busy ? t('正在保存…') : t('系统相机')}
          <input
            class="hidden" type="file" accept="image/*" capture="environment" data-testid={`shot-input-${shot.kind}`}
            aria-label={t('用系统相机拍：{s}', { s: title })}
            onChange={(event) => { onFiles(event.currentTarget, 'file'); }}
          />
        </label>
        <button
          type="button" class={photos.length > 0 ? 'button button-quiet' : 'button'} data-testid={`shot-camera-${shot.kind}`}
          onClick={onCamera}
        >
          <Icon name="camera" />{photos.length > 0 ? t('再拍一张') : t('拍照')}
        </button>
      </div>
      {gallery && (
        <label class="button button-quiet shot-gallery">
          <Icon name="picture" />{t('从相册选（标注非现场拍摄）')}
          <input
            class="hidden" type="file" accept="image/*" data-testid={`shot-gallery-${shot.kind}`}
            aria-label={t('从相册选：{s}', { s: title })}
            onChange={(event) => { onFiles(event.currentTarget, 'gallery'); }}
          />
        </label>
      )}
    </li>
  );
}
