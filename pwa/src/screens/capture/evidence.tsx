/** A photo that belongs to something said: taken here, kept like any other, its hash handed to what it shows. */

import { useState } from 'preact/hooks';
import type { StoredPhoto } from '../../db/schema';
import type { Shot } from '../../domain/wire';
import type { CaptureWork } from '../../state/capture-work';
import { either, t } from '../../text';
import { useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { CameraView } from './camera-view';
import { reasonOf } from './photos';

export function EvidenceButtons({ work, shot, test_id, onKept }: {
  work: CaptureWork; shot: Shot; test_id: string; onKept: (photo: StoredPhoto) => void;
}) {
  const app = useApp();
  const [shooting, shoot] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function keep(source: StoredPhoto['source'], read: () => Promise<ArrayBuffer>): Promise<StoredPhoto | null> {
    const about = { kind: shot.kind, source, taken_at: new Date().toISOString(), clock_offset_ms: app.clock_offset_ms };
    setBusy(true);
    setError(null);
    try {
      const [bytes, position] = await work.coming(Promise.all([read(), app.whereabouts.forPhoto()]));
      const photo = await work.addPicture(bytes, about, position);
      onKept(photo);
      return photo;
    } catch (problem) {
      setError(reasonOf(problem));
      return null;
    } finally {
      setBusy(false);
    }
  }

  const title = either(shot.title_zh, shot.title_en);
  return (
    <>
      {error && <p class="form-error" role="alert">{error}</p>}
      <div class="buttons">
        <label class="button button-quiet">
          <Icon name="upload" />{busy ? t('正在保存…') : t('系统相机')}
          <input
            class="hidden" type="file" accept="image/*" capture="environment" data-testid={`${test_id}-input`}
            aria-label={t('用系统相机拍：{s}', { s: title })}
            onChange={(event) => {
              const input = event.currentTarget;
              const file = input.files?.[0];
              if (file) void keep('file', () => file.arrayBuffer()).finally(() => { input.value = ''; });
            }}
          />
        </label>
        <button type="button" class="button button-quiet" data-testid={`${test_id}-camera`} onClick={() => { setError(null); shoot(true); }}>
          <Icon name="camera" />{t('拍照')}
        </button>
      </div>
      {shooting && (
        <CameraView
          shot={shot} work={work} keep={(read, source) => keep(source, read)} problem={error} next={null}
          onShot={() => undefined} onClose={() => { shoot(false); }}
        />
      )}
    </>
  );
}
