/**
 * The boundary being captured: what its screen shows and changes. Every fix is on disk before it is shown; what the
 * inspector taps is shown at once and stored right behind, in the order of the taps.
 */

import { appendFix, changeFixes, putRing, type CaptureContent } from '../db/captures';
import type { AccountDb, Capture, Interruption, RingWalk, StoredFix, Walk } from '../db/schema';
import type { Located } from '../device/location';
import { wakeSound } from '../device/sound';
import { ASSUMED_ACCURACY_M } from '../domain/accuracy';
import { boundaryFigures, type BoundaryFigures, type CapturedRing } from '../domain/boundary';
import type { SentRing } from '../domain/boundary-feature';
import { cornerDone, cornerOf } from '../domain/corner';
import { placeTape, TAPE_ACCURACY_M, type Tape } from '../domain/tape';
import { lapFixes, lastVertexFixes, usableFixes, vertexIndexes, type Fix } from '../domain/walk';
import type { BoundaryMethod, Policy, Position } from '../domain/wire';
import { FineTuning } from './fine-tuning';
import type { Signals } from './signals';
import { GAP_MS, WalkClock } from './walk-clock';

/** The fix under the inspector's feet at the tap counts as the first, if it is this fresh. */
const FRESH_MS = 10_000;

/** What the boundary needs of the capture it belongs to. */
export interface BoundaryHost {
  readonly db: AccountDb;
  capture(): Capture;
  readonly policy: Policy;
  change(change: (old: Capture) => Capture): Promise<void>;
  /** Store after everything that was tapped before; tried again until it is on disk. */
  store<T>(write: () => Promise<T>): Promise<T>;
  /** Shown at once what `change` will store in a transaction of its own. */
  show(change: (old: Capture) => Capture): void;
  redraw(): void;
}

interface Corner {
  fixes: Fix[];
  began_ms: number;
}

const FRESH: Pick<RingWalk, 'state' | 'closed_t_ms' | 'interruptions'> = { state: 'idle', closed_t_ms: null, interruptions: [] };

function ringOf(walk: RingWalk, fixes: readonly Fix[]): CapturedRing {
  return { method: walk.method, fixes, lap_ends_t_ms: walk.lap_ends_t_ms, closed: walk.state === 'closed' };
}

/** The rings of a stored capture as they are sent, the exterior first. */
export function sentRings({ capture, fixes, before }: Pick<CaptureContent, 'capture' | 'fixes' | 'before'>): SentRing[] {
  const sent = ({ closed_t_ms, method, forced_close, start_reason, interruptions }: RingWalk, points: readonly Fix[]): SentRing => (
    { fixes: points, closed_t_ms: closed_t_ms ?? 0, method, forced_close, start_reason, interruptions }
  );
  return [...(capture.walk.before ?? []).map((walk, i) => sent(walk, before[i] ?? [])), sent(capture.walk, fixes)];
}

export class BoundaryWork {
  figures: BoundaryFigures;
  /** The corner being averaged; null when none is. */
  corner: Corner | null = null;
  readonly tuning: FineTuning;
  readonly #clock = new WalkClock();
  #paused_by_hand = false;
  /** The newest fix that is not on disk yet; a store that failed is tried again. */
  #storing: Fix | null = null;
  /** Points taken back, newest last, each with the fixes that went with it. */
  #taken_back: StoredFix[][] = [];

  constructor(
    private readonly host: BoundaryHost,
    private readonly signals: Signals,
    /** Of the ring being worked on. */
    public fixes: StoredFix[],
    /** Of each ring closed before it. */
    public before: StoredFix[][],
  ) {
    this.figures = this.#measure();
    this.tuning = new FineTuning({
      fixes: () => this.fixes,
      counting: () => (this.method === 'walk' ? usableFixes(this.fixes, this.host.policy.walk) : this.fixes),
      walked: () => this.method === 'walk',
      become: async (become, changed) => {
        this.#setFixes(become);
        await this.#put(changed);
      },
    });
  }

  get walk(): Walk {
    return this.host.capture().walk;
  }

  get method(): BoundaryMethod {
    return this.walk.method ?? 'walk';
  }

  /** The exterior first, then holes; the one being worked on is the last. */
  get rings(): { walk: RingWalk; fixes: StoredFix[] }[] {
    const before = (this.walk.before ?? []).map((walk, i) => ({ walk, fixes: this.before[i] ?? [] }));
    return [...before, { walk: this.walk, fixes: this.fixes }];
  }

  /** The outer ring, however far it is. */
  get exterior(): CapturedRing {
    const [first] = this.rings;
    return first ? ringOf(first.walk, first.fixes) : { fixes: [], closed: false };
  }

  get inHole(): boolean {
    return (this.walk.before?.length ?? 0) > 0;
  }

  #measure(): BoundaryFigures {
    const [exterior, ...holes] = this.rings.map(({ walk, fixes }) => ringOf(walk, fixes));
    return boundaryFigures(exterior ?? { fixes: [], closed: false }, holes, this.host.policy);
  }

  #setFixes(fixes: readonly StoredFix[]): void {
    this.fixes = [...fixes].sort((a, b) => a.seq - b.seq);
    this.#redraw();
  }

  #redraw(): void {
    this.figures = this.#measure();
    this.host.redraw();
  }

  async #changeWalk(change: (old: Walk) => Walk): Promise<void> {
    const stored = this.host.change((old) => ({ ...old, walk: change(old.walk) }));
    this.#redraw();
    await stored;
  }

  // Walking

  /** Start, or go on after a pause or a closed app. `here` is where the inspector stands while tapping. */
  async record(here: Located | null, begin: { method?: BoundaryMethod; start_reason?: string } = {}): Promise<void> {
    wakeSound();
    const last = this.fixes.at(-1);
    // Handed to the store at once and in this order: nothing that comes meanwhile may go before it.
    const stored: Promise<void>[] = [];
    if (last && !this.#clock.runs) {
      const away_ms = this.#clock.bridge(last);
      if (this.method === 'walk') stored.push(this.#noteGap({ from_t_ms: last.t_ms, to_t_ms: last.t_ms + away_ms, cause: 'closed_app' }));
    }
    void this.#clock.awake.hold();
    this.#clock.settle();
    this.signals.vertex();
    stored.push(this.#changeWalk((old) => ({ ...old, ...begin, state: 'recording', closed_t_ms: null })));
    const fresh = here && performance.now() - here.arrived_ms < FRESH_MS;
    if (fresh && this.method === 'walk') stored.push(this.take(here));
    await Promise.all(stored);
  }

  /** How the ring that has not begun will be captured. */
  async prepare(method: BoundaryMethod): Promise<void> {
    await this.#changeWalk((old) => ({ ...old, method }));
  }

  async pause(): Promise<void> {
    this.#clock.awake.release();
    this.#paused_by_hand = true;
    this.corner = null;
    await this.#changeWalk((old) => ({ ...old, state: 'paused' }));
  }

  async close(forced = false): Promise<void> {
    this.#clock.awake.release();
    this.signals.closed();
    this.corner = null;
    this.#taken_back = [];
    const closed_t_ms = this.#clock.now() ?? this.fixes.at(-1)?.t_ms ?? 0;
    await this.#changeWalk((old) => ({ ...old, state: 'closed', closed_t_ms, ...(forced && { forced_close: true }) }));
  }

  /** Another lap in the same track (再走一圈取平均). */
  async nextLap(here: Located | null): Promise<void> {
    // Standing between two laps is no interruption.
    this.#paused_by_hand = true;
    const { closed_t_ms } = this.walk;
    const stored = closed_t_ms === null ? null
      : this.#changeWalk((old) => ({ ...old, lap_ends_t_ms: [...(old.lap_ends_t_ms ?? []), closed_t_ms] }));
    await Promise.all([stored, this.record(here)]);
  }

  /** Leave the lap under way: the boundary stays as it was closed before. */
  async dropLap(): Promise<void> {
    const ends = this.walk.lap_ends_t_ms ?? [];
    const closed_t_ms = ends.at(-1);
    if (closed_t_ms === undefined) return;
    this.#clock.awake.release();
    const storing_t_ms = this.#storing?.t_ms ?? closed_t_ms;
    const stored = [
      this.#takeBack(lapFixes(this.fixes, ends)),
      this.#changeWalk((old) => ({ ...old, state: 'closed', closed_t_ms, lap_ends_t_ms: ends.slice(0, -1) })),
    ];
    this.#taken_back = [];
    await Promise.all(stored);
    // What was still being stored at the tap is of this lap as well; what came later is of the next.
    const late = lapFixes(this.fixes, ends).filter((fix) => fix.t_ms <= storing_t_ms);
    if (late.length > 0) await this.#takeBack(late);
  }

  /** A new attempt at this ring; the fixes of this one stay on the phone. */
  async startOver(): Promise<void> {
    this.#clock.awake.release();
    this.corner = null;
    if (!this.inHole) this.#clock.stop();
    this.#forget([]);
    await this.#changeWalk((old) => ({
      ...FRESH, ...this.#nextAttempt(old), ...(old.before && { before: old.before }), ...(old.tape && { tape: old.tape }),
    }));
  }

  #nextAttempt(old: Walk): Pick<Walk, 'attempt' | 'last_attempt'> {
    const attempt = Math.max(old.attempt, old.last_attempt ?? 0) + 1;
    return { attempt, last_attempt: attempt };
  }

  #forget(fixes: StoredFix[]): void {
    this.fixes = fixes;
    this.#storing = null;
    this.#taken_back = [];
    this.tuning.forget();
  }

  // Holes

  /** A house or a pond to be taken out (房屋、水塘): the ring closed so far is kept, a new one begins. */
  async beginHole(): Promise<void> {
    const { fixes } = this;
    const last = fixes.at(-1);
    // One clock for all rings of a boundary.
    if (last && !this.#clock.runs) this.#clock.bridge(last);
    this.before = [...this.before, fixes];
    this.#forget([]);
    await this.#changeWalk(({ before, last_attempt, tape, ...ring }) => ({
      ...FRESH, ...this.#nextAttempt({ ...ring, ...(last_attempt !== undefined && { last_attempt }) }),
      before: [...(before ?? []), ring], ...(tape && { tape }),
    }));
  }

  /** Take the last hole away, closed or not. */
  async dropHole(): Promise<void> {
    if (!this.inHole) return;
    this.#clock.awake.release();
    this.corner = null;
    this.#forget(this.before.at(-1) ?? []);
    this.before = this.before.slice(0, -1);
    await this.#changeWalk((old) => {
      const ring = old.before?.at(-1);
      const before = old.before?.slice(0, -1) ?? [];
      const last_attempt = Math.max(old.attempt, old.last_attempt ?? 0);
      return ring ? { ...ring, last_attempt, ...(before.length > 0 && { before }), ...(old.tape && { tape: old.tape }) } : old;
    });
  }

  // Fixes

  async #noteGap(gap: Interruption): Promise<void> {
    if (gap.to_t_ms - gap.from_t_ms < GAP_MS) return;
    await this.#changeWalk((old) => ({ ...old, interruptions: [...old.interruptions, gap] }));
  }

  async take(located: Located): Promise<void> {
    if (this.walk.state !== 'recording') return;
    if (!this.#clock.runs) this.#clock.startAt(0);
    const t_ms = this.#clock.now() ?? 0;
    this.#clock.heard();
    const { lon, lat, accuracy_m, fixed_at } = located;
    const fix: Fix = { lon, lat, accuracy_m, t_ms, fixed_at };
    if (this.method === 'corners') await this.#takeForCorner(fix);
    else await this.#takeOnWalk(fix);
  }

  async #takeOnWalk(fix: Fix): Promise<void> {
    const { corner } = this;
    // A slow store is no interruption, and lets no fix go before an earlier one.
    const last = this.#storing ?? this.fixes.at(-1);
    const stored: Promise<void>[] = [];
    if (last && fix.t_ms - last.t_ms > GAP_MS) {
      const noted = this.walk.interruptions.some((gap) => gap.from_t_ms >= last.t_ms);
      const cause = this.#paused_by_hand ? 'paused' : this.#clock.was_hidden ? 'screen_off' : 'no_fix';
      if (!noted) stored.push(this.#noteGap({ from_t_ms: last.t_ms, to_t_ms: fix.t_ms, cause }));
    }
    this.#paused_by_hand = false;
    this.#clock.was_hidden = false;
    stored.push(this.#append(fix));
    await Promise.all(stored);
    if (vertexIndexes(this.fixes).at(-1) === this.fixes.length - 1) {
      // Once the walk has moved on, what was taken back before has no place any more.
      this.#taken_back = [];
      this.signals.vertex();
    }
    await this.#averageWith(corner, fix);
  }

  async #takeForCorner(fix: Fix): Promise<void> {
    const { corner } = this;
    if (!corner) return;
    await this.#append({ ...fix, averaged: true });
    await this.#averageWith(corner, fix);
  }

  /** `corner`: the one under way when the fix came; while it was being stored the inspector may have gone on to the next. */
  async #averageWith(corner: Corner | null, fix: Fix): Promise<void> {
    if (!corner || this.corner !== corner || fix.accuracy_m > this.host.policy.walk.max_accuracy_m) return;
    corner.fixes.push(fix);
    if (!cornerDone(corner.fixes.length, performance.now() - corner.began_ms)) {
      this.host.redraw();
      return;
    }
    this.corner = null;
    this.#taken_back = [];
    this.signals.corner();
    await this.#append(cornerOf(corner.fixes, fix.t_ms));
  }

  async #append(fix: Fix & Pick<StoredFix, 'averaged'>): Promise<void> {
    this.#storing = fix;
    await this.host.store(async () => {
      const stored = await appendFix(this.host.db, this.host.capture().id, fix);
      if (this.#storing === fix) this.#storing = null;
      // Shown only once it is stored, now or when the store has recovered.
      if (stored && !stored.averaged) this.#show(stored);
    }).catch(() => undefined);
  }

  /** While it was being stored the inspector may have begun anew, or a hole: it stays with its own ring. */
  #show(stored: StoredFix): void {
    if (stored.attempt === this.walk.attempt) {
      this.#setFixes([...this.fixes, stored]);
      return;
    }
    const ring = this.walk.before?.findIndex(({ attempt }) => attempt === stored.attempt) ?? -1;
    this.before = this.before.map((fixes, i) => (i === ring ? [...fixes, stored] : fixes));
    this.#redraw();
  }

  /** Stand still at a corner: the tap starts ten seconds. */
  startCorner(): void {
    wakeSound();
    this.corner = { fixes: [], began_ms: performance.now() };
    this.host.redraw();
  }

  cancelCorner(): void {
    this.corner = null;
    this.host.redraw();
  }

  // Taking back

  get canUndo(): boolean {
    return lapFixes(this.fixes, this.walk.lap_ends_t_ms).length > 0;
  }

  get canRedo(): boolean {
    return this.#taken_back.length > 0;
  }

  async undoPoint(): Promise<void> {
    const taken = lastVertexFixes(lapFixes(this.fixes, this.walk.lap_ends_t_ms));
    if (taken.length === 0) return;
    this.#taken_back.push([...taken]);
    await this.#takeBack(taken);
  }

  async #takeBack(taken: readonly StoredFix[]): Promise<void> {
    const gone = new Set(taken.map((fix) => fix.seq));
    this.#setFixes(this.fixes.filter((fix) => !gone.has(fix.seq)));
    await this.#put(taken.map((fix) => ({ ...fix, undone: true })));
  }

  async redoPoint(): Promise<void> {
    const back = this.#taken_back.pop();
    if (!back) return;
    this.#setFixes([...this.fixes, ...back]);
    await this.#put(back);
  }

  async #put(fixes: readonly StoredFix[]): Promise<void> {
    await this.host.store(() => changeFixes(this.host.db, fixes)).catch(() => undefined);
  }

  // Rings that are not walked

  /** Put a whole ring in the place of this one: from a tape, or an outline of before. */
  async #replaceRing(method: BoundaryMethod, points: readonly Fix[]): Promise<void> {
    this.#clock.awake.release();
    this.corner = null;
    this.#clock.stop();
    const { attempt, last_attempt } = this.#nextAttempt(this.walk);
    const fixes = points.map((point, seq): StoredFix => ({
      ...point, capture_id: this.host.capture().id, attempt, seq, undone: false,
    }));
    const change = (old: Capture): Capture => ({
      ...old,
      walk: {
        ...FRESH, state: 'closed', closed_t_ms: 0, attempt, ...(last_attempt !== undefined && { last_attempt }), method,
        ...(old.walk.tape && { tape: old.walk.tape }),
      },
    });
    this.host.show(change);
    this.before = [];
    this.#forget(fixes);
    this.#redraw();
    this.signals.closed();
    await this.host.store(() => putRing(this.host.db, this.host.capture().id, change, fixes)).catch(() => undefined);
  }

  async reuse(outline: readonly Position[]): Promise<void> {
    const fixed_at = new Date().toISOString();
    const [first, last] = [outline[0], outline.at(-1)];
    const closed = outline.length > 1 && first && last && first[0] === last[0] && first[1] === last[1];
    await this.#replaceRing('earlier', (closed ? outline.slice(0, -1) : outline).map(([lon, lat]) => (
      { lon, lat, accuracy_m: ASSUMED_ACCURACY_M, t_ms: 0, fixed_at, source: 'earlier' }
    )));
  }

  async setTape(tape: Tape): Promise<void> {
    await this.#changeWalk((old) => ({ ...old, tape }));
  }

  async closeTape(corners: readonly { east_m: number; north_m: number }[], at: Located): Promise<void> {
    await this.#replaceRing('tape', placeTape(corners, [at.lon, at.lat]).map(([lon, lat]) => (
      { lon, lat, accuracy_m: TAPE_ACCURACY_M, t_ms: 0, fixed_at: at.fixed_at, source: 'tape' }
    )));
  }

  // Interruptions

  /** The page was hidden, or is seen again: take the screen back. */
  viewChanged(visible: boolean): void {
    const recording = this.walk.state === 'recording';
    if (visible) this.#clock.seen(recording);
    else this.#clock.hidden();
    if (!recording) return;
    if (visible) void this.#clock.awake.hold().then(() => { this.host.redraw(); });
    else this.#clock.was_hidden = true;
  }

  /** How long the recording has been interrupted, for the button that takes it up again; null while it runs or waits on purpose. */
  interruptedMs(): number | null {
    const { state } = this.walk;
    const last = this.fixes.at(-1);
    // The app was closed while it recorded: this page has never paused it.
    if (state === 'paused' && !this.#paused_by_hand && last) return Math.max(0, Date.now() - Date.parse(last.fixed_at));
    if (state !== 'recording' || this.method !== 'walk') return null;
    return this.#clock.silentMs(() => { this.signals.lost(); });
  }

  /** The inspector taps the interruption: only in a tap do some phones give the screen back. */
  async goOn(here: Located | null): Promise<void> {
    if (this.walk.state === 'paused') {
      await this.record(here);
      return;
    }
    wakeSound();
    this.#clock.settle();
    await this.#clock.awake.hold();
    this.host.redraw();
  }

  /** A walk that was running when the app was closed stands still now; the gap is filled in on going on. */
  async standStill(): Promise<void> {
    if (this.walk.state === 'recording') await this.#changeWalk((old) => ({ ...old, state: 'paused' }));
  }

  /** Leaving the screens of this capture. A running walk pauses: nobody would see it run. */
  async leave(): Promise<void> {
    this.#clock.awake.release();
    if (this.walk.state === 'recording') await this.pause();
  }
}
