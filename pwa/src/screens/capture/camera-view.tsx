/** Photographing, full screen: a picture is kept the moment it is taken, then looked at. */

import { useEffect, useState } from 'preact/hooks';
import type { StoredPhoto } from '../../db/schema';
import { openCamera, type Camera } from '../../device/camera';
import type { Shot } from '../../domain/wire';
import type { CaptureWork } from '../../state/capture-work';
import { either, t } from '../../text';
import { useAccount } from '../shared/context';
import { Icon } from '../shared/icons';
import { useModal } from '../shared/modal';
import { PhotoReview } from './photo-review';
import type { StampSubject } from './stamp-view';
import { Viewfinder, type Aim } from './viewfinder';

export interface CameraViewProps {
  shot: Shot;
  /** A picture that is there already and needs a word; else the viewfinder comes first. */
  look?: StoredPhoto | null;
  work: CaptureWork;
  /** Hash of the last visit's picture of this kind. */
  before?: string | null;
  keep: (read: () => Promise<ArrayBuffer>, source: 'camera' | 'file', aim: Aim) => Promise<StoredPhoto | null>;
  problem: string | null;
  /** Required shots with a picture, and all of them. */
  progress?: { taken: number; required: number };
  /** The next required shot that has no picture. */
  next: Shot | null;
  onShot: (shot: Shot) => void;
  onClose: () => void;
}

export function CameraView({
  shot, look = null, work, before = null, keep, problem, progress, next, onShot, onClose,
}: CameraViewProps) {
  const { ledger } = useAccount();
  const dialog = useModal();
  const [camera, setCamera] = useState<Camera | null>(null);
  const [absent, setAbsent] = useState(false);
  const [kept, setKept] = useState<StoredPhoto | null>(look);
  const subject: StampSubject = { ledger, household: work.subject.household, plot: work.subject.plot, shots: work.shots };
  const wanted = kept === null || camera !== null;

  useEffect(() => {
    if (!wanted) return;
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
      () => { if (!left) setAbsent(true); },
    );
    return () => { left = true; opened?.close(); };
  }, [wanted]);

  const close = () => dialog.current?.close();

  async function retake() {
    if (kept) await work.removePicture(kept).catch(() => undefined);
    // What came from a file is taken again where it came from.
    if (look) close();
    else setKept(null);
  }

  function use(reason: string | null) {
    if (kept && reason !== null) void work.explainPicture(kept, reason);
    if (look || !next) {
      close();
      return;
    }
    setKept(null);
    onShot(next);
  }

  const title = either(shot.title_zh, shot.title_en);
  return (
    <dialog ref={dialog} class="camera" aria-label={title} onClose={onClose}>
      <div class="camera-top">
        <h2>{title}</h2>
        {progress && (
          <span class="camera-progress" role="img" aria-label={t('必拍 {n} / {m}', { n: progress.taken, m: progress.required })}>
            {progress.taken}/{progress.required}
          </span>
        )}
        <button type="button" class="camera-close" aria-label={t('关闭相机')} onClick={close}><Icon name="cross" /></button>
      </div>
      {kept ? (
        <PhotoReview
          photo={work.photos.find(({ id }) => id === kept.id) ?? kept} shot={shot} subject={subject} next={look ? null : next}
          onRetake={() => void retake()} onUse={use}
        />
      ) : (
        <Viewfinder
          key={shot.kind} camera={camera} absent={absent} shot={shot} subject={subject} before={before} problem={problem}
          onShoot={async (read, source, aim) => { setKept(await keep(read, source, aim)); }}
        />
      )}
    </dialog>
  );
}
