import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { changeCapture, loadCapture, startCapture } from '../../src/db/captures';
import { openAccount, type AccountDb, type Capture } from '../../src/db/schema';
import type { Located } from '../../src/device/location';
import { areaM2, muOf } from '../../src/domain/area';
import { lapFixes, positionOf } from '../../src/domain/walk';
import { BoundaryWork, sentRings } from '../../src/state/boundary-work';
import { POLICY } from '../policy';
import { fixAt, HERE, positions, rectangle, walkAlong } from '../tracks';

let db: AccountDb;
let capture: Capture;
let clock_ms = 0;
/** What the store has been given to do, one after the other. */
let stored: Promise<unknown>;
const heard = { vertex: 0, corner: 0, closed: 0, lost: 0 };

function inOrder<T>(write: () => Promise<T>): Promise<T> {
  const next = stored.then(write);
  stored = next.catch(() => undefined);
  return next;
}

/** The phone taken up anew: everything comes from the store. */
async function opened(): Promise<BoundaryWork> {
  const content = await loadCapture(db, capture.id);
  if (!content) throw new Error('no capture');
  capture = content.capture;
  const note = (name: keyof typeof heard) => () => { heard[name] += 1; };
  return new BoundaryWork({
    db,
    capture: () => capture,
    policy: POLICY,
    change: async (change) => {
      capture = change(capture);
      await inOrder(() => changeCapture(db, capture.id, change));
    },
    store: inOrder,
    show: (change) => { capture = change(capture); },
    redraw: () => undefined,
  }, { vertex: note('vertex'), corner: note('corner'), closed: note('closed'), lost: note('lost'), tree() {} }, content.fixes, content.before);
}

const at = (east_m: number, north_m: number, accuracy_m = 4): Located => {
  const { lon, lat } = fixAt(east_m, north_m, 0);
  return { lon, lat, accuracy_m, fixed_at: new Date(clock_ms).toISOString(), arrived_ms: clock_ms };
};

/** One fix, a second after the last. */
async function step(work: BoundaryWork, east_m: number, north_m: number, seconds = 1): Promise<void> {
  clock_ms += 1000 * seconds;
  await work.take(at(east_m, north_m));
}

async function walkRound(work: BoundaryWork, places: readonly (readonly [number, number])[]): Promise<void> {
  for (const fix of walkAlong(places).filter((_, second) => second % 3 === 0)) {
    clock_ms += 3000;
    await work.take({ lon: fix.lon, lat: fix.lat, accuracy_m: 4, fixed_at: new Date(clock_ms).toISOString(), arrived_ms: clock_ms });
  }
}

async function closedWalk(): Promise<BoundaryWork> {
  const work = await opened();
  await work.record(null, { method: 'walk' });
  await walkRound(work, rectangle(30, 20));
  await work.close();
  return work;
}

beforeEach(async () => {
  indexedDB = new IDBFactory();
  stored = Promise.resolve();
  db = openAccount('u1');
  clock_ms = 1_000;
  vi.stubGlobal('navigator', {});
  vi.spyOn(performance, 'now').mockImplementation(() => clock_ms);
  vi.spyOn(Date, 'now').mockImplementation(() => clock_ms);
  Object.assign(heard, { vertex: 0, corner: 0, closed: 0, lost: 0 });
  capture = await startCapture(db, { task_id: 'task', plot_id: 'plot', started_at: '2026-03-02T00:00:00Z' });
});

describe('taking back', () => {
  test('a vertex goes with the fixes after it, and comes back as it was', async () => {
    const work = await opened();
    await work.record(null);
    for (let east = 0; east <= 10; east += 1.01) await step(work, east, 0);
    const before = work.fixes.map((fix) => fix.seq);

    await work.undoPoint();
    await work.undoPoint();
    expect(work.fixes.map((fix) => fix.seq)).toEqual(before.slice(0, 6));
    expect((await opened()).fixes.map((fix) => fix.seq)).toEqual(before.slice(0, 6));

    await work.redoPoint();
    await work.redoPoint();
    expect(work.canRedo).toBe(false);
    expect((await opened()).fixes.map((fix) => fix.seq)).toEqual(before);
  });

  test('once the walk has gone on, what was taken back has no place any more', async () => {
    const work = await opened();
    await work.record(null);
    for (let east = 0; east <= 10; east += 1.01) await step(work, east, 0);
    await work.undoPoint();
    expect(work.canRedo).toBe(true);

    await step(work, 7, 8);
    expect(work.canRedo).toBe(false);
  });
});

test('a corner is the mean of ten fixes, which are kept beside it', async () => {
  const work = await opened();
  await work.record(null);
  await step(work, 0, 0);
  work.startCorner();
  for (let k = 1; k <= 10; k += 1) await step(work, k % 2, 0);

  expect(work.corner).toBeNull();
  expect(heard.corner).toBe(1);
  const corner = work.fixes.at(-1);
  expect(corner?.source).toBe('average');
  expect(work.fixes).toHaveLength(12);
});

test('corner by corner only the corners make the ring; the fixes under them are kept', async () => {
  const work = await opened();
  await work.record(null, { method: 'corners' });
  for (const [east, north] of rectangle(30, 20).slice(0, -1)) {
    work.startCorner();
    for (let k = 0; k < 10; k += 1) await step(work, east, north);
  }
  await work.close();

  expect((await opened()).fixes.map((fix) => fix.source)).toEqual(['average', 'average', 'average', 'average']);
  expect(work.figures.area_m2).toBeCloseTo(600, 0);
  expect(await db.read(['fixes'], (tx) => tx.objectStore('fixes').count())).toBe(44);
});

test('a fix stored late counts for no later corner', async () => {
  const work = await opened();
  await work.record(null, { method: 'corners' });
  work.startCorner();
  let awake = (): void => undefined;
  stored = new Promise<void>((resolve) => { awake = resolve; });
  const late = step(work, 0, 0);
  work.cancelCorner();
  work.startCorner();
  awake();
  await late;
  await step(work, 30, 0);

  expect(work.corner?.fixes.map((fix) => fix.lon)).toEqual([fixAt(30, 0, 0).lon]);
});

test.each(['over', 'hole'] as const)('a fix stored late stays with its own ring (%s)', async (meanwhile) => {
  const work = await opened();
  await work.record(null, { method: 'walk' });
  await walkRound(work, rectangle(30, 20));
  const walked = work.fixes.length;
  let awake = (): void => undefined;
  stored = new Promise<void>((resolve) => { awake = resolve; });
  const under_way = [step(work, 0, 0), ...(meanwhile === 'over' ? [work.startOver()] : [work.close(), work.beginHole()])];
  clock_ms += 60_000;
  under_way.push(work.record(at(9, 9), { method: 'walk' }));
  awake();
  await Promise.all(under_way);

  expect(work.fixes.map((fix) => fix.lon)).toEqual([fixAt(9, 9, 0).lon]);
  expect(work.walk.interruptions).toEqual([]);
  expect(work.before.map((fixes) => fixes.length)).toEqual(meanwhile === 'over' ? [] : [walked + 1]);
  const again = await opened();
  expect([again.fixes, again.before]).toEqual([work.fixes, work.before]);
});

test('silence is a gap with its cause, and a button until a fix comes', async () => {
  const work = await opened();
  await work.record(null);
  await step(work, 0, 0);
  clock_ms += 42_000;
  expect(work.interruptedMs()).toBe(42_000);
  expect(work.interruptedMs()).toBe(42_000);
  expect(heard.lost).toBe(1);

  await step(work, 5, 0);
  expect(work.interruptedMs()).toBeNull();
  expect(capture.walk.interruptions).toMatchObject([{ cause: 'no_fix' }]);
});

test('a slow store puts nothing out of order and is no interruption', async () => {
  let awake = (): void => undefined;
  stored = new Promise<void>((resolve) => { awake = resolve; });
  const work = await opened();
  const started = work.record(at(0, 0), { method: 'walk' });
  const taken = [1, 2].map((east) => step(work, east, 0, 10));
  clock_ms += 20_000;
  taken.push(step(work, 3, 0), step(work, 4, 0));
  awake();
  await Promise.all([started, ...taken]);

  expect(work.fixes.map((fix) => fix.t_ms)).toEqual([0, 10_000, 20_000, 41_000, 42_000]);
  expect(work.fixes.map((fix) => fix.lon)).toEqual([0, 1, 2, 3, 4].map((east) => fixAt(east, 0, 0).lon));
  expect((await opened()).fixes).toEqual(work.fixes);
  expect(work.walk.interruptions).toEqual([{ from_t_ms: 20_000, to_t_ms: 41_000, cause: 'no_fix' }]);
});

test('a store that fails for a while is no interruption', async () => {
  const work = await opened();
  await work.record(at(0, 0), { method: 'walk' });
  const failing = vi.spyOn(db, 'write').mockRejectedValue(new DOMException('full', 'QuotaExceededError'));
  for (const east of [1, 2, 3]) await step(work, east, 0, 10);
  failing.mockRestore();
  await step(work, 4, 0, 10);

  expect(work.fixes.map((fix) => fix.t_ms)).toEqual([0, 40_000]);
  expect(work.walk.interruptions).toEqual([]);
});

test('a second lap goes on in the same track; left, the first stands as it was', async () => {
  const work = await closedWalk();
  const one = work.figures;
  clock_ms += 60_000;
  await work.nextLap(null);
  await walkRound(work, [[0, 0], [30, 0]]);
  expect(work.figures.area_m2).toBe(one.area_m2);

  await work.dropLap();
  expect(work.figures).toEqual(one);
  expect(capture.walk.state).toBe('closed');

  clock_ms += 60_000;
  await work.nextLap(null);
  await walkRound(work, rectangle(30, 20));
  await work.close();
  expect(work.figures.lap_areas_m2).toHaveLength(2);
  expect(work.figures.tolerance_m2).toBeLessThan(one.tolerance_m2);
  // Standing between two laps was no interruption.
  expect(new Set(capture.walk.interruptions.map((gap) => gap.cause))).toEqual(new Set(['paused']));
});

test('a lap that is dropped takes along the fixes that were still being stored', async () => {
  const work = await closedWalk();
  const one = work.figures;
  clock_ms += 60_000;
  await work.nextLap(null);
  await step(work, 0, 0);
  let awake = (): void => undefined;
  stored = new Promise<void>((resolve) => { awake = resolve; });
  const late = [1, 2].map((east) => step(work, east, 0));
  const paused = work.pause();
  const dropped = work.dropLap();
  // The next lap is begun before any of this is on disk.
  const again = work.nextLap(at(3, 0));
  awake();
  await Promise.all([...late, paused, dropped, again]);
  expect(lapFixes(work.fixes, work.walk.lap_ends_t_ms).map((fix) => fix.lon)).toEqual([fixAt(3, 0, 0).lon]);
  expect((await opened()).fixes).toEqual(work.fixes);

  await work.dropLap();
  expect(work.figures).toEqual(one);
});

test('a pond has a ring of its own on the same clock; taken away, the plot is whole again', async () => {
  const work = await closedWalk();
  const whole = work.figures.area_m2;
  await work.beginHole();
  await work.record(null, { method: 'corners' });
  for (const [east, north] of rectangle(10, 5, 10, 5).slice(0, -1)) {
    work.startCorner();
    for (let k = 0; k < 10; k += 1) await step(work, east, north);
  }
  await work.close();

  const again = await opened();
  expect(again.inHole).toBe(true);
  expect(again.figures.area_m2).toBeCloseTo(whole - 50, 0);
  const content = await loadCapture(db, capture.id);
  const sent = content ? sentRings(content) : [];
  expect(sent.map((ring) => ring.fixes.length)).toEqual([34, 4]);
  expect(sent[1]?.fixes[0]?.t_ms).toBeGreaterThan(sent[0]?.fixes.at(-1)?.t_ms ?? NaN);

  await again.dropHole();
  expect(again.figures.area_m2).toBe(whole);
  // A hole begun anew must not find the fixes of the one thrown away.
  await again.beginHole();
  expect((await opened()).fixes).toEqual([]);
});

test('an outline of before and a tape are whole rings in one transaction', async () => {
  const work = await opened();
  await work.reuse(positions(rectangle(30, 20)));
  expect(work.figures.area_m2).toBeCloseTo(600, 0);
  expect((await opened()).fixes.map((fix) => fix.source)).toEqual(['earlier', 'earlier', 'earlier', 'earlier']);

  await work.closeTape([{ east_m: 0, north_m: 0 }, { east_m: 20, north_m: 0 }, { east_m: 0, north_m: 20 }], at(0, 0));
  const again = await opened();
  expect(muOf(again.figures.area_m2)).toBeCloseTo(0.3, 3);
  expect(again.method).toBe('tape');
  expect(areaM2([HERE, ...again.fixes.slice(1).map(positionOf)])).toBeCloseTo(200, 1);
});

test('a fix thrown far off is no corner to choose, and stays ignored when its neighbours are moved', async () => {
  const work = await opened();
  await work.record(null, { method: 'walk' });
  const [, corner = [0, 0] as const, ...others] = rectangle(30, 20);
  await walkRound(work, [[0, 0], corner]);
  await step(work, 130, 90);
  const thrown = work.fixes.length - 1;
  await walkRound(work, [corner, ...others]);
  await work.close();
  const area_m2 = work.figures.area_m2;

  expect(work.figures.ignored_count).toBe(1);
  expect(work.tuning.handles).toHaveLength(4);
  expect(work.tuning.handles).not.toContain(thrown);
  await work.tuning.move(work.tuning.handles[1] ?? 0, 1, 0);
  expect(work.fixes[thrown]?.source ?? 'fix').toBe('fix');
  expect(work.figures.ignored_count).toBe(1);
  expect(Math.abs(work.figures.area_m2 - area_m2)).toBeLessThan(30);
});

test('what is moved by hand says so, keeps where it was, and can be had back', async () => {
  const work = await closedWalk();
  const before = work.fixes;
  const [, corner = 0] = work.tuning.handles;
  await work.tuning.move(corner, 2, -2);
  expect(work.fixes[corner]).toMatchObject({ source: 'tap', moved_from: positionOf(before[corner] ?? fixAt(0, 0, 0)) });
  expect((await opened()).fixes[corner]?.source).toBe('tap');

  await work.tuning.remove(corner);
  expect(work.tuning.handles).toHaveLength(3);
  await work.tuning.undo();
  await work.tuning.undo();
  expect(work.fixes).toEqual(before);
  expect((await opened()).fixes).toEqual(before);
});
