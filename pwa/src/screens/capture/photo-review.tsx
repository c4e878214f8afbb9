/** Right after the shot: the picture with its stamp, what the phone has against it, and what becomes of it. */

import { useCallback, useState } from 'preact/hooks';
import { photoBytes } from '../../db/captures';
import type { StoredPhoto } from '../../db/schema';
import type { PhotoRemark, Shot } from '../../domain/wire';
import { unexplained } from '../../state/photo-checks';
import { either, t } from '../../text';
import { useAccount } from '../shared/context';
import { Icon } from '../shared/icons';
import { PictureOf } from '../shared/picture-of';
import { stampFacts, StampView, type StampSubject } from './stamp-view';

export function remarkText(code: PhotoRemark['code']): string {
  switch (code) {
    case 'dark': return t('照片太暗，细节可能看不清');
    case 'blurred': return t('照片模糊，请拿稳重拍');
    case 'far': return t('拍摄位置离地块太远');
    case 'gallery': return t('从相册选的照片，将标注“非现场拍摄”');
  }
}

function reasonsFor(code: PhotoRemark['code']): string[] {
  switch (code) {
    case 'dark': return [t('树荫下或天色已暗'), t('内容看得清')];
    case 'blurred': return [t('雨雾天，镜头不清'), t('内容看得清')];
    case 'far': return [t('从路边拍全景'), t('定位不准，人在地里')];
    case 'gallery': return [t('当时相机打不开'), t('农户或村里提供')];
  }
}

export interface PhotoReviewProps {
  photo: StoredPhoto;
  shot: Shot;
  subject: StampSubject;
  /** The next required shot without a picture. */
  next: Shot | null;
  onRetake: () => void;
  /** `reason`: why it is used although something is against it. */
  onUse: (reason: string | null) => void;
}

function Reasons({ photo, onUse }: { photo: StoredPhoto; onUse: (reason: string) => void }) {
  const [own, setOwn] = useState('');
  const presets = [...new Set((photo.remarks ?? []).flatMap(({ code }) => reasonsFor(code)))];
  const written = own.trim();
  return (
    <div class="reasons" data-testid="reasons">
      <p id="reasons-title">{t('为什么仍然使用？')}</p>
      <div class="reasons-presets">
        {presets.map((reason) => (
          <button key={reason} type="button" class="button button-quiet" data-testid="reason" onClick={() => { onUse(reason); }}>{reason}</button>
        ))}
      </div>
      <div class="reasons-own">
        <input
          class="input" value={own} maxLength={200} aria-labelledby="reasons-title" placeholder={t('其他原因')} data-testid="reason-own"
          onInput={(event) => { setOwn(event.currentTarget.value); }}
        />
        <button type="button" class="button" aria-disabled={written === ''} onClick={() => { if (written !== '') onUse(written); }}>{t('使用')}</button>
      </div>
    </div>
  );
}

export function PhotoReview({ photo, shot, subject, next, onRetake, onUse }: PhotoReviewProps) {
  const account = useAccount();
  const [asking, ask] = useState(false);
  const bytes = useCallback(() => photoBytes(account.db, photo.id), [account, photo.id]);
  const title = either(shot.title_zh, shot.title_en);
  const warned = unexplained(photo);
  return (
    <>
      <div class="camera-view">
        <PictureOf of={bytes} media_type={photo.media_type} class="camera-picture" alt={title} />
        <StampView facts={stampFacts(subject, shot, photo)} />
      </div>
      <p class="camera-where" role="status">{t('已存进手机')}</p>
      {warned && (
        <div role="alert">
          <ul class="remarks" data-testid="remarks">
            {(photo.remarks ?? []).map(({ code }) => <li key={code} data-code={code}><Icon name="warn" />{remarkText(code)}</li>)}
          </ul>
        </div>
      )}
      {asking ? <Reasons photo={photo} onUse={onUse} /> : (
        <div class="camera-keys">
          <button type="button" class={warned ? 'button' : 'button button-quiet'} data-testid="retake" onClick={onRetake}>{t('重拍')}</button>
          {warned ? (
            <button type="button" class="button button-quiet" data-testid="use-anyway" onClick={() => { ask(true); }}>{t('仍然使用')}</button>
          ) : (
            <button type="button" class="button" data-testid={next ? 'camera-next' : 'camera-done'} onClick={() => { onUse(null); }}>
              {next ? t('使用，下一张') : t('使用')}
            </button>
          )}
        </div>
      )}
    </>
  );
}
