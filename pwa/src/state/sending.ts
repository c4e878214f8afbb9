/** Sending what one account has finished: all that the service worker needs when it is woken, and what the screens build on. */

import { NOBODY, type Answer, type Api } from '../api';
import { photoBytes } from '../db/captures';
import { troubleOf, type OnStorage } from '../db/connection';
import { fact, putFact } from '../db/facts';
import { allItems, changeItem } from '../db/outbox';
import { allReleases, releaseItem } from '../db/releases';
import { openAccount, type AccountDb, type Release, type SendingChoices, type Wiped } from '../db/schema';
import { networkKind, networkKindKnown } from '../device/network';
import type { ReceiptKey } from '../domain/wire';
import type { OutboxItem } from '../outbox/item';
import { Lanes } from '../outbox/lanes';
import type { Outside } from '../outbox/outside';
import { PartSize } from '../outbox/part-size';
import { recheck } from '../outbox/reconcile';
import { sendDue } from '../outbox/run';
import type { Hindrance } from '../outbox/stop';
import { TransferRate } from '../outbox/transfer-rate';
import { Observable } from './changing';
import { Notes } from './notes';

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
  /** The phone's store had lost something and has it again, from the mirror. */
  onRefilled(): void;
}

const DEVICE_LEDGER_MS = 10 * 60_000;

export class Sending extends Observable {
  readonly db: AccountDb;
  readonly notes: Notes;
  items: OutboxItem[] = [];
  releases: Release[] = [];
  choices: SendingChoices = { paused: false, photos_on_wifi_only: null };
  wiped: Wiped | null = null;
  backup_watermark: number | null = null;
  loaded = false;
  /** Bytes of each photo on the server, by its SHA-256, as far as this page has heard. */
  readonly transferred = new Map<string, number>();
  readonly rate = new TransferRate();
  readonly #part_size = new PartSize();
  readonly #lanes = new Lanes();
  #running = false;
  #again = false;
  #wake: () => void = () => undefined;
  #closed = false;
  #told_device = { at_ms: -Infinity, list: '' };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly user_id: string,
    protected readonly around: Surroundings,
  ) {
    super();
    this.db = openAccount(user_id, around.onStorage, () => { around.onRefilled(); });
    this.notes = new Notes(this.db, () => { this.changed(); });
  }

  /** Read what the phone holds. What cannot be read now is told, and read later: nothing else waits for it. */
  async load(): Promise<void> {
    try {
      await this.read();
      this.loaded = true;
    } catch (error) {
      if (!troubleOf(error)) throw error;
    }
  }

  protected async read(): Promise<void> {
    this.choices = (await fact(this.db, 'sending')) ?? this.choices;
    this.wiped = await fact(this.db, 'wiped');
    this.backup_watermark = await fact(this.db, 'backup_watermark');
    await this.notes.load();
    await this.reload();
  }

  async reload(): Promise<void> {
    const show = await this.readLists();
    show();
    this.changed();
  }

  /** Read what there is; the function given back puts all of it in place at once. */
  protected async readLists(): Promise<() => void> {
    const [items, releases] = await Promise.all([allItems(this.db), allReleases(this.db)]);
    return () => {
      this.items = items;
      this.releases = releases;
    };
  }

  /** Whether something goes on by itself. */
  get moving(): boolean {
    return this.items.some((item) => item.state === 'queued' || item.state === 'sending')
      || this.notes.unsent.some((note) => note.state === 'queued');
  }

  // Choices

  /** null where the browser cannot tell Wi-Fi from mobile data: then photos go over any network. */
  get photosOnWifiOnly(): boolean | null {
    return networkKindKnown() ? (this.choices.photos_on_wifi_only ?? true) : null;
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
      this.#wake();
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

  async #alone(work: () => Promise<void>): Promise<void> {
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) {
      await work();
      return;
    }
    await locks.request(`yanshou-outbox-${this.user_id}`, { ifAvailable: true }, async (lock) => {
      // Another tab sends or has sent, or a worker that was woken: what it wrote down is shown here too.
      await this.reload();
      if (lock) await work();
    });
  }

  /** false when nobody answers, or nothing may go out. */
  async #sendDue(eager: boolean): Promise<boolean> {
    const early = this.notes.plotsUnderWay;
    const run = await sendDue({
      items: async () => (await allItems(this.db)).filter((item) => !early.has(item.plot_id)),
      outside: this.#outside(),
      stopped: () => this.#closed || this.around.mustSignInAgain(),
      woken: () => new Promise((resolve) => { this.#wake = resolve; }),
    }, eager);
    if (run === 'sign_in') await this.askToSignIn();
    return run === 'answered';
  }

  async #sync(eager: boolean): Promise<void> {
    if (!(await this.#sendNotes(eager))) return;
    if (!(await this.#sendDue(eager))) return;
    const found = await recheck(this.items, this.#outside());
    if (found === 'sign_in') await this.askToSignIn();
    if (found === 'lost') await this.#sendDue(true);
    await this.#tellDevice();
  }

  /** Plots found in the field go before their submissions; false when a sign-in is needed. */
  async #sendNotes(eager: boolean): Promise<boolean> {
    if (this.#hindrance(false) || this.around.mustSignInAgain()) return true;
    const outcome = await this.notes.send((note) => this.speak(() => this.around.api.putNote(note)), eager);
    if (outcome === 'sign_in') await this.askToSignIn();
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
    const { status, body } = await this.speak(() => this.around.api.putDeviceLedger(this.around.device_id(), list));
    if (status !== 200 || !Array.isArray(body?.missing_on_device) || !Array.isArray(body.never_arrived)) return;
    this.#told_device = { at_ms: now_ms, list: text };
    const { missing_on_device, never_arrived, waiting_elsewhere = [] } = body;
    if (missing_on_device.length + waiting_elsewhere.length === 0 && !this.wiped) return;
    await this.noteWiped({ missing_on_device, never_arrived, waiting_elsewhere, seen: this.wiped?.seen ?? [] });
  }

  protected async noteWiped(value: Wiped): Promise<void> {
    this.wiped = value;
    this.changed();
    await putFact(this.db, { key: 'wiped', value });
  }

  protected async noteBackup(mark: number | null | undefined): Promise<void> {
    if (mark === undefined || mark === this.backup_watermark) return;
    this.backup_watermark = mark;
    this.changed();
    // A hint, told again with each status: a full phone must still be able to send.
    await putFact(this.db, { key: 'backup_watermark', value: mark }).catch(() => undefined);
  }

  /** Nobody answers for an account that is no longer signed in: its requests would go out in another name. */
  protected speak<T>(call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    return this.#hindrance(false) === 'left' ? Promise.resolve(NOBODY) : call();
  }

  protected async askToSignIn(): Promise<void> {
    if (this.#hindrance(false) !== 'left') await this.around.askToSignIn();
  }

  #outside(): Outside {
    const { api } = this.around;
    return {
      putManifest: (id, manifest) => this.speak(() => api.putManifest(id, manifest)),
      putPhoto: (id, photo, bytes) => this.speak(() => api.putPhoto(id, photo, bytes)),
      uploadState: (id, photo) => this.speak(() => api.uploadState(id, photo)),
      patchPhoto: (id, photo, part) => this.speak(() => api.patchPhoto(id, photo, part)),
      status: async (id) => {
        const answer = await this.speak(() => api.status(id));
        await this.noteBackup((answer.body as { backup_watermark?: number | null } | null)?.backup_watermark);
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
    this.db.close();
  }
}
