/** What one inspector's account holds on this phone: ledger, captures, outbox. */

import { allCaptures, photoBytes } from '../db/captures';
import { troubleOf } from '../db/connection';
import { putFact } from '../db/facts';
import { ledgerCopy, putLedgerCopy } from '../db/ledger';
import { allNotes } from '../db/notes';
import { allItems, changeItem } from '../db/outbox';
import type { Capture, LedgerCopy, SendingChoices } from '../db/schema';
import { takeCapture } from '../device/tabs';
import { placed, withLocalWork, type LocalWork } from '../domain/tasks';
import type { Attempt, Household, Ledger, PhotoPosition, Plot, Task } from '../domain/wire';
import { usableCourierKey, writeCourierFile, type CourierContent, type CourierSender, type Sink } from '../outbox/courier';
import type { OutboxItem, OutboxPhoto } from '../outbox/item';
import type { FoundPlot } from '../outbox/note';
import { isOnItsWay, predecessorOf } from '../outbox/visits';
import type { CaptureWork } from './capture-work';
import type { PlotForm } from './notes';
import { Previews } from './previews';
import { Sending, type Surroundings } from './sending';

export type Refreshed = 'updated' | 'unchanged' | 'no_answer' | 'sign_in' | 'refused';

function isLedger(value: unknown): value is Ledger {
  const ledger = value as Partial<Ledger> | null;
  return Array.isArray(ledger?.tasks) && Array.isArray(ledger.plots) && Array.isArray(ledger.households);
}

export class Account extends Sending {
  copy: LedgerCopy | null = null;
  captures: Capture[] = [];
  refreshing = false;
  /** What became of the last try to fetch the ledger; null before the first. */
  refreshed: Refreshed | null = null;
  readonly previews: Previews;
  /** Captures that were left while the store refused something of them. */
  readonly unsaved_work = new Map<string, CaptureWork>();

  constructor(user_id: string, around: Surroundings) {
    super(user_id, around);
    this.previews = new Previews(user_id, (id, sha256) => this.speak(() => around.api.preview(id, sha256)));
  }

  protected override async read(): Promise<void> {
    this.copy = await ledgerCopy(this.db);
    await super.read();
  }

  protected override async readLists(): Promise<() => void> {
    const [captures, show] = await Promise.all([allCaptures(this.db), super.readLists()]);
    return () => {
      this.captures = captures;
      show();
    };
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

  /** Fetch the ledger anew; while that is under way, asking again does nothing. */
  async refreshLedger(): Promise<void> {
    if (this.refreshing) return;
    this.refreshing = true;
    this.changed();
    try {
      this.refreshed = await this.#fetchLedger();
    } catch (error) {
      // The store's trouble is shown as such; the ledger is there as long as the app is open.
      if (!troubleOf(error)) throw error;
    } finally {
      this.refreshing = false;
      this.changed();
      if (this.ledger) void this.previews.follow(this.ledger);
    }
  }

  async #fetchLedger(): Promise<Refreshed> {
    const answer = await this.speak(() => this.around.api.ledger(this.copy?.etag ?? null));
    if (answer.status === 401) {
      await this.askToSignIn();
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
      await this.noteBackup(answer.body.backup_watermark);
      return 'updated';
    }
    return answer.status === undefined || answer.status < 400 || answer.status >= 500 ? 'no_answer' : 'refused';
  }

  #plotsAtWork(): Set<string> {
    return new Set([
      ...this.captures.filter((capture) => capture.finished_at === null).map((capture) => capture.plot_id),
      ...this.items.filter((item) => item.state !== 'received').map((item) => item.plot_id),
    ]);
  }

  /** Leave a capture. While the store refuses something of it, it goes on trying, and is opened again as it is. */
  async leaveCapture(work: CaptureWork): Promise<void> {
    await work.leave();
    const { id } = work.capture;
    if (work.saved || this.unsaved_work.has(id)) return;
    this.unsaved_work.set(id, work);
    // No update loads this page anew: it alone has what is not saved.
    const giveBack = takeCapture(`${id}-unsaved`, () => undefined, () => undefined);
    const stop = work.subscribe(() => {
      if (!work.saved) return;
      stop();
      giveBack();
      this.unsaved_work.delete(id);
    });
  }

  // What a person asks for

  async choose(change: Partial<SendingChoices>): Promise<void> {
    this.choices = { ...this.choices, ...change };
    this.changed();
    await putFact(this.db, { key: 'sending', value: this.choices });
    await this.send(true);
  }

  /** A person wants this one tried now, whatever its state. */
  async retry(submission_id: string): Promise<void> {
    await changeItem(this.db, submission_id, { state: 'queued', next_try_at: new Date(0).toISOString() });
    await this.reload();
    await this.send(true);
  }

  /** The inspector has read that records are gone from this phone, or wait on another. */
  async acknowledgeWiped(): Promise<void> {
    if (!this.wiped) return;
    const { missing_on_device, waiting_elsewhere = [] } = this.wiped;
    await this.noteWiped({ ...this.wiped, seen: [...missing_on_device, ...waiting_elsewhere] });
  }

  /** How many records wait on this account's other phones, as long as the inspector has not read so. */
  get elsewhereUnseen(): number {
    return this.wiped?.waiting_elsewhere?.filter((id) => !this.wiped?.seen.includes(id)).length ?? 0;
  }

  get wipedUnseen(): boolean {
    return this.wiped?.missing_on_device.some((id) => !this.wiped?.seen.includes(id)) ?? false;
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

  override close(): void {
    super.close();
    this.previews.close();
  }
}
