/**
 * A capture being worked on: what the screens show and change. Every change is on disk before it counts as made;
 * writes go one after the other, in the order of the taps.
 */

import {
  addPhoto, changeCapture, describePhoto, freezeCapture, loadCapture, photoBytes, removePhoto,
} from '../db/captures';
import { troubleOf } from '../db/connection';
import type { AccountDb, Capture, Step, StoredFix, StoredPhoto } from '../db/schema';
import { prepare } from '../device/picture';
import type { Located } from '../device/location';
import { photoMediaType, sha256Hex } from '../domain/bytes';
import { buildManifest, manifestBytes, MAX_MANIFEST_BYTES } from '../domain/manifest';
import { plantedCount, tallyOf, type Tally } from '../domain/counting';
import { blockBeside } from '../domain/household-block';
import { judgeCapture, type Verdict } from '../domain/verdict';
import type { BoundaryFigures } from '../domain/boundary';
import type { Household, ManifestPhoto, PhotoKind, Plot, Programme, Shot } from '../domain/wire';
import type { OutboxItem } from '../outbox/item';
import { BoundaryWork, sentRings } from './boundary-work';
import { answersGiven, missingForms, signOffGiven, unmetStandards, type MissingForm } from './forms';
import { Observable } from './observable';
import { explained, remarksOn, ringInForce, unexplained } from './photo-checks';
import type { Signals } from './signals';

/** The format is none the server keeps (JPEG, PNG, WebP). */
export class UnknownPicture extends Error {
  override name = 'UnknownPicture';
}

/** What the store gave back is not what was put into it. */
export class PictureNotKept extends Error {
  override name = 'PictureNotKept';
}

/** Something tapped or typed before is still not on disk. */
export class NotSaved extends Error {
  override name = 'NotSaved';
}

/** More fixes than a manifest can carry. */
export class WalkTooLong extends Error {
  override name = 'WalkTooLong';
}

const UNDO_STEPS = 20;
const TRY_AGAIN_MS = 3_000;

export interface Subject {
  programme: Programme;
  plot: Plot;
  household: Household;
  /** The household's other plots. */
  others: readonly Plot[];
}

export type Missing =
  | { step: Step; what: 'boundary' | 'counts' }
  | { step: Step; what: 'photo' | 'reason'; shot: Shot }
  | MissingForm;

/** A photo as the manifest names it, without what only the phone's store needs. */
function announced(photo: StoredPhoto): ManifestPhoto {
  const said: Partial<StoredPhoto> & ManifestPhoto = { ...photo };
  delete said.id;
  delete said.capture_id;
  delete said.seq;
  return said;
}

export class CaptureWork extends Observable {
  readonly boundary: BoundaryWork;
  verdict: Verdict;
  /** Set when a write failed: nothing may look saved that is not. */
  broken = false;
  /** Frozen and in the outbox. */
  finished = false;
  #queue: Promise<unknown> = Promise.resolve();
  /** Writes the store refused, in order; they go before any other. */
  #unsaved: (() => Promise<unknown>)[] = [];
  #trying_again: ReturnType<typeof setTimeout> | undefined;
  /** Pictures that are being read, measured or stored. */
  readonly #coming = new Set<Promise<unknown>>();

  private constructor(
    private readonly db: AccountDb,
    readonly subject: Subject,
    public capture: Capture,
    { fixes, before }: { fixes: StoredFix[]; before: StoredFix[][] },
    public photos: StoredPhoto[],
    signals: Signals,
  ) {
    super();
    this.boundary = new BoundaryWork({
      db,
      capture: () => this.capture,
      policy: subject.programme.policy,
      change: (change) => this.change(change),
      store: (write) => this.#inOrder(write),
      show: (change) => { this.capture = change(this.capture); },
      redraw: () => { this.#update(); },
    }, signals, fixes, before);
    this.verdict = this.#judge();
  }

  get fixes(): StoredFix[] {
    return this.boundary.fixes;
  }

  get figures(): BoundaryFigures {
    return this.boundary.figures;
  }

  static async open(
    db: AccountDb, id: string, subjectOf: (plot_id: string) => Subject | null, signals: Signals,
  ): Promise<CaptureWork | null> {
    const content = await loadCapture(db, id);
    const subject = content && subjectOf(content.capture.plot_id);
    if (!subject || content.capture.finished_at !== null) return null;
    const work = new CaptureWork(db, subject, content.capture, content, content.photos, signals);
    await work.boundary.standStill();
    return work;
  }

  get shots(): Shot[] {
    return this.subject.programme.policy.shots.filter((shot) => shot.land_types.includes(this.subject.plot.land_type));
  }

  get missing(): Missing[] {
    const missing: Missing[] = [];
    if (this.capture.walk.state !== 'closed') missing.push({ step: 'boundary', what: 'boundary' });
    for (const shot of this.shots) {
      if (shot.required && !this.photos.some((photo) => photo.kind === shot.kind)) {
        missing.push({ step: 'photos', what: 'photo', shot });
      }
      if (this.photosOf(shot.kind).some(unexplained)) missing.push({ step: 'photos', what: 'reason', shot });
    }
    if (plantedCount(this.capture.counts) === 0) missing.push({ step: 'counts', what: 'counts' });
    return [...missing, ...missingForms(this)];
  }

  #judge(): Verdict {
    const { programme, household, others } = this.subject;
    const { counts, spacing } = this.capture;
    return judgeCapture(this.figures, counts, programme.policy, household, {
      spacing, unmet: unmetStandards(this), beside: blockBeside(others, this.capture.joins ?? []),
    });
  }

  #update(): void {
    this.verdict = this.#judge();
    this.changed();
  }

  /** `keep`: a write the store refuses is tried again, before any later one, until it is on disk. */
  #inOrder<T>(write: () => Promise<T>, keep = true): Promise<T> {
    const next = this.#queue.then(async () => {
      try {
        await this.#saveTheUnsaved();
        return await write();
      } catch (error) {
        if (keep && troubleOf(error)) this.#unsaved.push(write);
        throw error;
      }
    });
    this.#queue = next.then(
      () => { this.#setBroken(false); },
      (error: unknown) => {
        // A photo that was refused has its own message and is on nobody's screen.
        if (keep || !this.saved) this.#setBroken(true);
        if (troubleOf(error)) this.#tryAgainSoon();
      },
    );
    return next;
  }

  async #saveTheUnsaved(): Promise<void> {
    for (let write = this.#unsaved[0]; write; write = this.#unsaved[0]) {
      await write();
      this.#unsaved.shift();
    }
  }

  #tryAgainSoon(): void {
    clearTimeout(this.#trying_again);
    if (this.saved) return;
    this.#trying_again = setTimeout(() => {
      void this.#inOrder(() => Promise.resolve(), false).catch(() => undefined);
    }, TRY_AGAIN_MS);
  }

  #setBroken(broken: boolean): void {
    if (this.broken === broken) return;
    this.broken = broken;
    this.changed();
  }

  /** Change what is captured: shown at once, on disk right behind. */
  async change(change: (old: Capture) => Capture): Promise<void> {
    // Shown at once, so quick taps add up; stored in the same order right behind.
    this.capture = change(this.capture);
    this.#update();
    // What went wrong is on the screen; the caller has nothing to add.
    await this.#inOrder(() => changeCapture(this.db, this.capture.id, change)).catch(() => undefined);
  }

  async goTo(step: Step): Promise<void> {
    if (this.capture.step !== step) await this.change((old) => ({ ...old, step }));
  }

  async setRemark(remark: string): Promise<void> {
    await this.change((old) => ({ ...old, remark }));
  }

  // Trees

  /** Count on; the state before can be had back. */
  async count(change: (old: Tally) => Tally): Promise<void> {
    await this.change((old) => {
      const before = tallyOf(old);
      const { counts, counting } = change(before);
      return {
        ...old, counts, counting,
        counts_before: [...old.counts_before, { ...before.counts, counting: before.counting }].slice(-UNDO_STEPS),
      };
    });
  }

  async undoCount(): Promise<void> {
    await this.change((old) => {
      const before = old.counts_before.at(-1);
      return before ? { ...old, ...tallyOf({ counts: before, counting: before.counting }), counts_before: old.counts_before.slice(0, -1) } : old;
    });
  }

  // Photos

  /**
   * Keep a picture as it came, or the smaller copy the policy wants, and read it back: what the store returns must have
   * the same digest. What the phone has against it stands in its remarks.
   *
   * Throws UnknownPicture, UnreadablePicture, PhotoAlreadyTaken, PictureNotKept, or what the store says.
   */
  addPicture(
    bytes: ArrayBuffer,
    about: Pick<StoredPhoto, 'kind' | 'source' | 'taken_at' | 'clock_offset_ms' | 'heading_deg'>,
    position: Located | null,
  ): Promise<StoredPhoto> {
    return this.coming(this.#keepPicture(bytes, about, position));
  }

  async #keepPicture(...[bytes, about, position]: Parameters<CaptureWork['addPicture']>): Promise<StoredPhoto> {
    const came_as = photoMediaType(bytes);
    if (came_as === null) throw new UnknownPicture();
    const { programme: { policy }, plot } = this.subject;
    const came_sha256 = await sha256Hex(bytes);
    const kept = await prepare(bytes, came_as, policy.photos?.long_edge_px ?? null);
    const sha256 = kept.before ? await sha256Hex(kept.bytes) : came_sha256;
    const photo: StoredPhoto = {
      ...about,
      id: crypto.randomUUID(),
      capture_id: this.capture.id,
      sha256,
      size_bytes: kept.bytes.byteLength,
      media_type: kept.media_type,
      position: position && {
        lon: Number(position.lon.toFixed(7)),
        lat: Number(position.lat.toFixed(7)),
        accuracy_m: Number(position.accuracy_m.toFixed(2)),
        fixed_at: position.fixed_at,
      },
      width: kept.width,
      height: kept.height,
      ...(kept.before && { original: { sha256: came_sha256, size_bytes: bytes.byteLength, ...kept.before } }),
    };
    const remarks = remarksOn(photo, kept.sample, ringInForce(this.boundary.exterior, plot, policy), policy);
    if (remarks.length > 0) photo.remarks = remarks;
    await this.#inOrder(async () => {
      await addPhoto(this.db, photo, kept.bytes, kept.thumb);
      const stored = await photoBytes(this.db, photo.id);
      if (stored && (await sha256Hex(stored)) === sha256) return;
      await removePhoto(this.db, photo);
      throw new PictureNotKept();
    }, false);
    this.photos = [...this.photos, photo];
    this.#update();
    return photo;
  }

  /** A picture is on its way: finishing waits for it, else it would be refused once all is frozen. */
  coming<T>(picture: Promise<T>): Promise<T> {
    this.#coming.add(picture);
    const over = () => { this.#coming.delete(picture); };
    picture.then(over, over);
    return picture;
  }

  /** Keep a picture in spite of what the phone has against it. */
  async explainPicture(photo: StoredPhoto, reason: string): Promise<void> {
    const remarks = explained(photo, reason);
    this.photos = this.photos.map((each) => (each.id === photo.id ? { ...each, remarks } : each));
    this.#update();
    await this.#inOrder(() => describePhoto(this.db, photo, { remarks })).catch(() => undefined);
  }

  async removePicture(photo: StoredPhoto): Promise<void> {
    await this.#inOrder(() => removePhoto(this.db, photo), false);
    this.photos = this.photos.filter((each) => each.id !== photo.id);
    this.#update();
  }

  photosOf(kind: PhotoKind): StoredPhoto[] {
    return this.photos.filter((photo) => photo.kind === kind);
  }

  // The end

  /** Freeze the manifest's bytes and put them into the outbox, in one transaction. Throws WalkTooLong, NotSaved. */
  async finish(about: { device_id: string; clock_offset_ms: number | null }): Promise<OutboxItem> {
    while (this.#coming.size > 0) await Promise.allSettled(this.#coming);
    await this.#inOrder(() => Promise.resolve(), false).catch(() => undefined);
    if (!this.saved) throw new NotSaved();
    const content = await loadCapture(this.db, this.capture.id);
    if (!content) throw new RangeError('the capture is gone');
    const { capture, photos } = content;
    const [exterior, ...holes] = sentRings(content);
    if (!exterior) throw new RangeError('the capture has no boundary');
    const given = { capture, photos, subject: this.subject };
    const finished_at = new Date().toISOString();
    const manifest = manifestBytes(buildManifest({
      ...about,
      submission_id: capture.id,
      task_id: capture.task_id,
      started_at: capture.started_at,
      finished_at,
      app_version: __APP_VERSION__,
      programme: this.subject.programme,
      plot: this.subject.plot,
      ...exterior,
      holes,
      counts: capture.counts,
      photos: photos.map(announced),
      remark: capture.remark,
      predecessor_id: capture.predecessor_id ?? null,
      counting: capture.counting,
      spacing: capture.spacing,
      slope_deg: capture.slope_deg,
      standards: answersGiven(given),
      sign_off: signOffGiven(given),
      joins: capture.joins,
    }));
    if (manifest.byteLength > MAX_MANIFEST_BYTES) throw new WalkTooLong();
    const item: OutboxItem = {
      submission_id: capture.id,
      task_id: capture.task_id,
      plot_id: capture.plot_id,
      finished_at,
      manifest,
      content_sha256: await sha256Hex(manifest),
      photos: photos.map(({ id, sha256, kind, size_bytes, media_type }) => ({
        photo_id: id, sha256, kind, size_bytes, media_type,
      })),
      state: 'queued',
      data_held: false,
      photos_held: [],
      attempt_count: 0,
      next_try_at: finished_at,
      failure: null,
      receipt: null,
      receipt_no: null,
      received_at: null,
      verified_at: null,
      checked_at: null,
    };
    await freezeCapture(this.db, capture, finished_at, item);
    this.finished = true;
    return item;
  }

  /** Nothing that was tapped or typed waits for a store that refused it. */
  get saved(): boolean {
    return this.#unsaved.length === 0;
  }

  /** Leaving the screens of this capture. What the store refused is tried again all the same. */
  async leave(): Promise<void> {
    await this.boundary.leave();
    await this.#queue;
  }
}
