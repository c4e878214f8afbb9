/** What one inspector's account holds on this phone: ledger, captures, outbox. */

import type { Answer, Api } from '../api';
import { allCaptures, photoBytes } from '../db/captures';
import { troubleOf, type OnStorage } from '../db/connection';
import { fact, putFact } from '../db/facts';
import { ledgerCopy, putLedgerCopy } from '../db/ledger';
import { allNotes } from '../db/notes';
import { allItems, changeItem } from '../db/outbox';
import { allReleases, releaseItem } from '../db/releases';
import {
  openAccount, type AccountDb, type Capture, type LedgerCopy, type Release, type SendingChoices, type Wiped,
} from '../db/schema';
import { networkKind, networkKindKnown } from '../device/network';
import { placed, withLocalWork, type LocalWork } from '../domain/tasks';
import type { Attempt, Household, Ledger, PhotoPosition, Plot, ReceiptKey, Task } from '../domain/wire';
import { usableCourierKey, writeCourierFile, type CourierContent, type CourierSender, type Sink } from '../outbox/courier';
import type { OutboxItem, OutboxPhoto } from '../outbox/item';
import type { FoundPlot } from '../outbox/note';
import type { Outside } from '../outbox/outside';
import { isOnItsWay, predecessorOf } from '../outbox/visits';
import { Lanes } from '../outbox/lanes';
import { PartSize } from '../outbox/part-size';
import { recheck } from '../outbox/reconcile';
import { sendDue } from '../outbox/run';
import type { Hindrance } from '../outbox/stop';
import { TransferRate } from '../outbox/transfer-rate';
import { Notes, type PlotForm } from './notes';
import { Observable } from './changing';
import { Previews } from './previews';

export type Refreshed = 'updated' | 'unchanged' | 'no_answer' | 'sign_in' | 'refused';

/** What an account needs from the app around it. */
export interface Surroundings {
  api: Api;
  receiptKeys(): readonly ReceiptKey[];
  refreshKeys(): Promise<void>;
  mustSignInAgain(): boolean;
  askToSignIn(): Promise<void>;
  device_id(): string;
  /** Whether requests go out in the name of this account now. */
  speaksFor(user_id: string): boolean;
  onStorage: OnStorage;
}

const DEVICE_LEDGER_MS = 10 * 60_000;

const NOBODY: Answer = { status: undefined, body: null, etag: null };

function isLedger(value: unknown): value is Ledger {
  const ledger = value as Partial<Ledger> | null;
  return Array.isArray(ledger?.tasks) && Array.isArray(ledger.plots) && Array.isArray(ledger.households);
}

export class Account extends Observable {
  readonly db: AccountDb;
  readonly notes: Notes;
  copy: LedgerCopy | null = null;
  captures: Capture[] = [];
  items: OutboxItem[] = [];
  releases: Release[] = [];
  choices: SendingChoices = { paused: false, photos_on_wifi_only: null };
  wiped: Wiped | null = null;
  backup_watermark: number | null = null;
  refreshing = false;
  loaded = false;
  /** Bytes of each photo on the server, by its SHA-256, as far as this page has heard. */
  readonly transferred = new Map<string, number>();
  readonly rate = new TransferRate();
  readonly previews: Previews;
  readonly #part_size = new PartSize();
  readonly #lanes = new Lanes();
  #running = false;
  #again = false;
  #closed = false;
  #told_device = { at_ms: -Infinity, list: '' };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly user_id: string,
    private readonly around: Surroundings,
  ) {
    super();
    this.db = openAccount(user_id, around.onStorage);
    this.notes = new Notes(this.db, () => { this.changed(); });
    this.previews = new Previews(user_id, (id, sha256) => this.#speak(() => around.api.preview(id, sha256)));
  }

  /** Read what the phone holds. What cannot be read now is told, and read later: nothing else waits for it. */
  async load(): Promise<void> {
    try {
      await this.#read();
      this.loaded = true;
    } catch (error) {
      if (!troubleOf(error)) throw error;
    }
  }

  async #read(): Promise<void> {
    this.copy = await ledgerCopy(this.db);
    this.choices = (await fact(this.db, 'sending')) ?? this.choices;
    this.wiped = await fact(this.db, 'wiped');
    this.backup_watermark = await fact(this.db, 'backup_watermark');
    await this.notes.load();
    await this.reload();
  }

  async reload(): Promise<void> {
    [this.captures, this.items, this.releases] = await Promise.all([
      allCaptures(this.db), allItems(this.db), allReleases(this.db),
    ]);
    this.changed();
  }

  get ledger(): Ledger | null {
    return this.notes.ledger(this.copy);
  }

  plot(id: string): { plot: Plot; household: Household } | null {
    const plot = this.ledger?.plots.find((each) => each.id === id);
    const household = plot && this.ledger?.households.find((each) => each.id === plot.household_id);
    return household ? { plot, household } : null;
  }

  /** The household's other plots. */
  othersOf(plot: Plot): Plot[] {
    return (this.ledger?.plots ?? []).filter((each) => each.household_id === plot.household_id && each.id !== plot.id);
  }

  /** What a new visit to a task corrects: its newest submission that the server knows, whoever made it. */
  latestOf(task: Task): string | null {
    const mine = predecessorOf(task.id, this.items, this.releases);
    // What went out from here since the ledger was read is newer than what the ledger tells of all phones.
    return this.localWork.received.has(task.id) ? mine : task.previous?.submission_id ?? mine;
  }

  get localWork(): LocalWork {
    const fetched_at = this.copy?.fetched_at ?? '';
    const received = this.items.filter((item) => item.state === 'received');
    const returned = new Set(this.ledger?.tasks.filter((task) => task.state === 'returned').map((task) => task.id));
    return {
      in_progress: new Set(this.captures.filter((c) => c.finished_at === null).map((c) => c.task_id)),
      waiting: new Set(this.items.filter((item) => isOnItsWay(item, returned)).map((item) => item.task_id)),
      attempts: this.notes.all.flatMap((note) => (note.kind === 'attempt' ? [note.attempt] : [])),
      received: new Set(received.filter(({ verified_at }) => (verified_at ?? '') > fetched_at).map((item) => item.task_id)),
    };
  }

  /** When the newest submission of each task was finished on this phone. */
  get finishedAt(): Map<string, string> {
    const all = [...this.releases, ...this.items].sort((a, b) => (a.finished_at < b.finished_at ? -1 : 1));
    return new Map(all.map(({ task_id, finished_at }) => [task_id, finished_at]));
  }

  /** Note a visit that brought no inspection. */
  async noteAttempt(attempt: Attempt): Promise<void> {
    await this.notes.addAttempt(attempt);
    void this.send(true);
  }

  /** Note a plot no list has; it is in the ledger of this phone at once. */
  async addPlot(form: PlotForm, here: PhotoPosition | null): Promise<FoundPlot> {
    if (!this.ledger) throw new RangeError('no ledger to add to');
    const found = await this.notes.addPlot(form, this.ledger, here);
    void this.send(true);
    return found;
  }

  async retryNote(id: string): Promise<void> {
    await this.notes.retry(id);
    await this.send(true);
  }

  get unsentCount(): number {
    return this.unsent.length + this.notes.unsent.length;
  }

  /** Whether something goes on by itself. */
  get moving(): boolean {
    return this.items.some((item) => item.state === 'queued' || item.state === 'sending')
      || this.notes.unsent.some((note) => note.state === 'queued');
  }

  async refreshLedger(): Promise<Refreshed> {
    if (this.refreshing) return 'unchanged';
    this.refreshing = true;
    this.changed();
    try {
      const answer = await this.#speak(() => this.around.api.ledger(this.copy?.etag ?? null));
      if (answer.status === 401) {
        await this.#askToSignIn();
        return 'sign_in';
      }
      const fetched_at = new Date().toISOString();
      if (answer.status === 304 && this.copy) {
        this.copy = { ...this.copy, fetched_at };
        await putLedgerCopy(this.db, this.copy);
        return 'unchanged';
      }
      if (answer.status === 200 && isLedger(answer.body)) {
        const ledger = withLocalWork(placed(answer.body), this.ledger, this.#plotsAtWork());
        this.copy = { key: 'current', etag: answer.etag, fetched_at, ledger };
        await putLedgerCopy(this.db, this.copy);
        await this.#noteBackup(answer.body.backup_watermark);
        return 'updated';
      }
      return answer.status === undefined || answer.status < 400 || answer.status >= 500 ? 'no_answer' : 'refused';
    } finally {
      this.refreshing = false;
      this.changed();
      if (this.ledger) void this.previews.follow(this.ledger);
    }
  }

  #plotsAtWork(): Set<string> {
    return new Set([
      ...this.captures.filter((capture) => capture.finished_at === null).map((capture) => capture.plot_id),
      ...this.items.filter((item) => item.state !== 'received').map((item) => item.plot_id),
    ]);
  }

  // Choices

  /** null where the browser cannot tell Wi-Fi from mobile data: then photos go over any network. */
  get photosOnWifiOnly(): boolean | null {
    return networkKindKnown() ? (this.choices.photos_on_wifi_only ?? true) : null;
  }

  async choose(change: Partial<SendingChoices>): Promise<void> {
    this.choices = { ...this.choices, ...change };
    this.changed();
    await putFact(this.db, { key: 'sending', value: this.choices });
    await this.send(true);
  }

  get hindrance(): Hindrance | null {
    return this.#hindrance(true);
  }

  #hindrance(photos: boolean): Hindrance | null {
    if (this.#closed || !this.around.speaksFor(this.user_id)) return 'left';
    if (this.choices.paused) return 'paused';
    return photos && this.photosOnWifiOnly === true && networkKind() === 'mobile' ? 'wifi' : null;
  }

  // Sending

  /**
   * Send what is due. Runs once at a time over all tabs.
   *
   * `eager`: a sign that things changed (network back, a person asking): waiting times are skipped.
   */
  async send(eager = false): Promise<void> {
    if (this.#running) {
      this.#again ||= eager;
      return;
    }
    this.#running = true;
    clearTimeout(this.#timer);
    try {
      await this.#alone(() => this.#sync(eager));
    } catch {
      // The store did not let us read or write: shown as a red bar, tried again by the timer.
    } finally {
      this.#running = false;
    }
    if (this.#closed) return;
    if (this.#again) {
      this.#again = false;
      await this.send(true);
    } else {
      this.#scheduleNext();
    }
  }

  /** A person wants this one tried now, whatever its state. */
  async retry(submission_id: string): Promise<void> {
    await changeItem(this.db, submission_id, { state: 'queued', next_try_at: new Date(0).toISOString() });
    await this.reload();
    await this.send(true);
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) {
      await work();
      return;
    }
    await locks.request(`yanshou-outbox-${this.user_id}`, { ifAvailable: true }, async (lock) => {
      if (lock) await work();
      // Another tab sends: what it writes down is shown here too.
      else await this.reload();
    });
  }

  /** false when nobody answers, or nothing may go out. */
  async #sendDue(eager: boolean): Promise<boolean> {
    const early = this.notes.plotsUnderWay;
    const run = await sendDue({
      items: async () => (await allItems(this.db)).filter((item) => !early.has(item.plot_id)),
      outside: this.#outside(),
      stopped: () => this.#closed || this.around.mustSignInAgain(),
    }, eager);
    if (run === 'sign_in') await this.#askToSignIn();
    return run === 'answered';
  }

  async #sync(eager: boolean): Promise<void> {
    if (!(await this.#sendNotes(eager))) return;
    if (!(await this.#sendDue(eager))) return;
    const found = await recheck(this.items, this.#outside());
    if (found === 'sign_in') await this.#askToSignIn();
    if (found === 'lost') await this.#sendDue(true);
    await this.#tellDevice();
  }

  /** Plots found in the field go before their submissions; false when a sign-in is needed. */
  async #sendNotes(eager: boolean): Promise<boolean> {
    if (this.#hindrance(false) || this.around.mustSignInAgain()) return true;
    const outcome = await this.notes.send((note) => this.#speak(() => this.around.api.putNote(note)), eager);
    if (outcome === 'sign_in') await this.#askToSignIn();
    // A note that is never answered keeps back its own plot's submission and no other.
    return outcome !== 'sign_in';
  }

  /** Tell the server what was ever finished here; it answers with what this phone has forgotten. */
  async #tellDevice(): Promise<void> {
    if (this.#hindrance(false)) return;
    const list = [
      ...this.items.map(({ submission_id, finished_at, state }) => ({ submission_id, created_at: finished_at, state })),
      ...this.releases.map(({ submission_id, finished_at }) => ({ submission_id, created_at: finished_at, state: 'released' })),
    ];
    const now_ms = performance.now();
    const text = JSON.stringify(list);
    if (text === this.#told_device.list && now_ms - this.#told_device.at_ms < DEVICE_LEDGER_MS) return;
    const { status, body } = await this.#speak(() => this.around.api.putDeviceLedger(this.around.device_id(), list));
    if (status !== 200 || !Array.isArray(body?.missing_on_device) || !Array.isArray(body.never_arrived)) return;
    this.#told_device = { at_ms: now_ms, list: text };
    const { missing_on_device, never_arrived } = body;
    if (missing_on_device.length === 0 && !this.wiped) return;
    await this.#noteWiped({ missing_on_device, never_arrived, seen: this.wiped?.seen ?? [] });
  }

  async #noteWiped(value: Wiped): Promise<void> {
    this.wiped = value;
    this.changed();
    await putFact(this.db, { key: 'wiped', value });
  }

  /** The inspector has read that records are gone from this phone. */
  async acknowledgeWiped(): Promise<void> {
    if (this.wiped) await this.#noteWiped({ ...this.wiped, seen: this.wiped.missing_on_device });
  }

  get wipedUnseen(): boolean {
    return this.wiped?.missing_on_device.some((id) => !this.wiped?.seen.includes(id)) ?? false;
  }

  async #noteBackup(mark: number | null | undefined): Promise<void> {
    if (mark === undefined || mark === this.backup_watermark) return;
    this.backup_watermark = mark;
    this.changed();
    await putFact(this.db, { key: 'backup_watermark', value: mark });
  }

  /** Nobody answers for an account that is no longer signed in: its requests would go out in another name. */
  #speak<T>(call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    return this.#hindrance(false) === 'left' ? Promise.resolve(NOBODY as Answer<T>) : call();
  }

  async #askToSignIn(): Promise<void> {
    if (this.#hindrance(false) !== 'left') await this.around.askToSignIn();
  }

  #outside(): Outside {
    const { api } = this.around;
    return {
      putManifest: (id, manifest) => this.#speak(() => api.putManifest(id, manifest)),
      putPhoto: (id, photo, bytes) => this.#speak(() => api.putPhoto(id, photo, bytes)),
      uploadState: (id, photo) => this.#speak(() => api.uploadState(id, photo)),
      patchPhoto: (id, photo, part) => this.#speak(() => api.patchPhoto(id, photo, part)),
      status: async (id) => {
        const answer = await this.#speak(() => api.status(id));
        await this.#noteBackup((answer.body as { backup_watermark?: number | null } | null)?.backup_watermark);
        return answer;
      },
      photoBytes: (id) => photoBytes(this.db, id),
      receiptKeys: () => this.around.receiptKeys(),
      refreshKeys: () => this.around.refreshKeys(),
      save: (item, change) => this.#save(item, change),
      release: async (item, receipt, status) => {
        await releaseItem(this.db, item, {
          submission_id: item.submission_id,
          task_id: item.task_id,
          plot_id: item.plot_id,
          finished_at: item.finished_at,
          content_sha256: item.content_sha256,
          receipt: status.receipt,
          receipt_no: receipt.receipt_no,
          received_at: receipt.received_at,
          backup_watermark: status.backup_watermark ?? 0,
          photo_count: item.photos.length,
          size_bytes: item.photos.reduce((sum, photo) => sum + photo.size_bytes, item.manifest.byteLength),
          released_at: new Date().toISOString(),
        });
        await this.reload();
      },
      hindrance: (photos) => this.#hindrance(photos),
      progress: (photo, held_bytes, sent_bytes, began_ms) => {
        this.transferred.set(photo.sha256, held_bytes);
        this.rate.add(sent_bytes, began_ms, performance.now());
        this.changed();
      },
      part_size: this.#part_size,
      lanes: this.#lanes,
      now: () => new Date(),
      ticks_ms: () => performance.now(),
      pause: (wait_ms) => new Promise((resolve) => { setTimeout(resolve, wait_ms); }),
      random: () => Math.random(),
    };
  }

  async #save(item: OutboxItem, change: Partial<OutboxItem>): Promise<OutboxItem> {
    let saved: OutboxItem;
    try {
      saved = await changeItem(this.db, item.submission_id, change);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      // A full phone must still be able to send. The frozen bytes are on disk; only how far they got is not.
      saved = { ...item, ...change };
    }
    this.items = this.items.map((each) => (each.submission_id === saved.submission_id ? saved : each));
    this.changed();
    return saved;
  }

  // How far it is

  /** Bytes of a photo that are on the server. */
  heldBytes(item: OutboxItem, photo: OutboxPhoto): number {
    if (item.photos_held.includes(photo.sha256)) return photo.size_bytes;
    return Math.min(photo.size_bytes, this.transferred.get(photo.sha256) ?? 0);
  }

  /** Bytes of an item that still have to go. */
  leftBytes(item: OutboxItem): number {
    if (item.state === 'received') return 0;
    const photos = item.photos.reduce((sum, photo) => sum + photo.size_bytes - this.heldBytes(item, photo), 0);
    return photos + (item.data_held ? 0 : item.manifest.byteLength);
  }

  // The way by hand

  /** What a courier file would carry. */
  get unsent(): OutboxItem[] {
    return this.items.filter((item) => item.state !== 'received');
  }

  /** Write everything unsent into one sealed file. Throws when the key of the server is not usable. */
  async writeCourierFile(sender: CourierSender, key: unknown, sink: Sink): Promise<CourierContent> {
    if (!usableCourierKey(key)) throw new RangeError('no key to seal for');
    const items = (await allItems(this.db)).filter((item) => item.state !== 'received');
    const notes = (await allNotes(this.db)).filter((note) => note.state !== 'held');
    return writeCourierFile(sender, key, notes, items, (id) => photoBytes(this.db, id), sink);
  }

  #scheduleNext(): void {
    const waiting = this.items.filter((item) => item.state === 'queued' || item.state === 'quarantined');
    const able = waiting.filter((item) => this.#hindrance(item.data_held) === null);
    const due_at = [...able, ...this.notes.all.filter((note) => note.state === 'queued')].map((each) => each.next_try_at);
    if (due_at.length === 0 || this.around.mustSignInAgain()) return;
    const next_ms = Math.min(...due_at.map((at) => Date.parse(at)));
    const wait_ms = Math.min(60_000, Math.max(2_000, next_ms - Date.now()));
    this.#timer = setTimeout(() => void this.send(), wait_ms);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.previews.close();
    this.db.close();
  }
}
