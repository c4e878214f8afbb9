/**
 * Several laps round one plot (再走一圈取平均): told apart in one track, and their mean with what it still errs by.
 *
 * A second lap is worth more than anything done to the first: the slow error of the fixes has changed by then. How much
 * of it both laps share is reckoned by the correlation in time that makes a walk's interval.
 *
 * Source: geo/laps.py, which docs/measurement.md explains; tests/payloads/lap-vectors.json holds both to the same figures.
 */

import {
  believed, chordsOf, correlated, intervalFactor, median, SIGMA_DOUBT, SLOW_CORRELATION_TIME_S, walkVariance, type RingFix,
} from './accuracy';

const MAX_LAPS = 10;
const LAP_LENGTH_SHARE = 0.6;
const SAME_PLOT_SHARE = 0.4;
/** Two places that err by σ each along both axes lie nearer than this in 95 % of cases. */
const SHIFT_SIGMAS = 2.45 * Math.SQRT2;
const EXCURSION_SHARE = 1.5;
const OVERLAP_NEAR_M = 5;
const NEAR_SIGMAS = 5;
const NEAR_SHARE = 0.4;
const DISAGREE_CONFIDENCE = 0.99;
/** Whether two laps share their ground needs no more than a look: points of a grid this many by this many. */
const LOOK = 32;

/** First and last index of a lap, both part of it. */
export type Lap = readonly [first: number, last: number];

export interface MeasuredLap {
  area_m2: number;
  fixes: readonly RingFix[];
}

export interface LapMean {
  area_m2: number;
  se_m2: number;
  /** Whether the laps differ by no more than their errors explain. */
  agree: boolean;
}

function signedM2(ring: readonly RingFix[]): number {
  let sum = 0;
  ring.forEach((fix, i) => {
    const next = ring[(i + 1) % ring.length] ?? fix;
    sum += fix.east_m * next.north_m - next.east_m * fix.north_m;
  });
  return sum / 2;
}

function lengthM(line: readonly RingFix[]): number {
  let sum = 0;
  line.forEach((fix, i) => {
    const next = line[i + 1];
    if (next) sum += Math.hypot(next.east_m - fix.east_m, next.north_m - fix.north_m);
  });
  return sum;
}

function holds(ring: readonly RingFix[], east_m: number, north_m: number): boolean {
  let inside = false;
  ring.forEach((a, i) => {
    const b = ring[(i + 1) % ring.length] ?? a;
    const passes = a.north_m > north_m !== b.north_m > north_m;
    if (passes && east_m < a.east_m + ((north_m - a.north_m) / (b.north_m - a.north_m)) * (b.east_m - a.east_m)) inside = !inside;
  });
  return inside;
}

/** Share of the ground of both that two laps have in common, to the grain of a grid. */
function commonShare(one: readonly RingFix[], other: readonly RingFix[]): number {
  const all = [...one, ...other];
  const east = all.map((fix) => fix.east_m);
  const north = all.map((fix) => fix.north_m);
  const [west, south] = [Math.min(...east), Math.min(...north)];
  const [width, height] = [Math.max(...east) - west, Math.max(...north) - south];
  let shared = 0;
  let together = 0;
  for (let i = 0; i < LOOK * LOOK; i += 1) {
    const e = west + (((i % LOOK) + 0.5) / LOOK) * width;
    const n = south + ((Math.floor(i / LOOK) + 0.5) / LOOK) * height;
    const [first, second] = [holds(one, e, n), holds(other, e, n)];
    if (first && second) shared += 1;
    if (first || second) together += 1;
  }
  return together === 0 ? 0 : shared / together;
}

function middleOf(ring: readonly RingFix[]): { east_m: number; north_m: number } {
  const middle = { east_m: 0, north_m: 0 };
  const whole = 6 * signedM2(ring);
  ring.forEach((fix, i) => {
    const next = ring[(i + 1) % ring.length] ?? fix;
    const cross = (fix.east_m * next.north_m - next.east_m * fix.north_m) / whole;
    middle.east_m += (fix.east_m + next.east_m) * cross;
    middle.north_m += (fix.north_m + next.north_m) * cross;
  });
  return middle;
}

/** Whether two laps go round the same ground, as they lie or moved by what the fixes may err. */
function sameGround(one: readonly RingFix[], other: readonly RingFix[], sigma_m: number): boolean {
  if (commonShare(one, other) >= SAME_PLOT_SHARE) return true;
  const [here, there] = [middleOf(one), middleOf(other)];
  const [east_m, north_m] = [here.east_m - there.east_m, here.north_m - there.north_m];
  if (Math.hypot(east_m, north_m) > SHIFT_SIGMAS * sigma_m) return false;
  const moved = other.map((fix) => ({ ...fix, east_m: fix.east_m + east_m, north_m: fix.north_m + north_m }));
  return commonShare(one, moved) >= SAME_PLOT_SHARE;
}

function alike(ring: readonly RingFix[], laps: readonly Lap[]): boolean {
  const tracks = laps.map(([first, last]) => ring.slice(first, last + 1));
  const [one, ...others] = tracks;
  if (!one || others.length === 0 || tracks.some((track) => track.length < 4)) return false;
  const lengths = tracks.map(lengthM);
  if (Math.min(...lengths) < LAP_LENGTH_SHARE * Math.max(...lengths)) return false;
  const sigma_m = median(ring.map((fix) => fix.sigma_m));
  return others.every((other) => signedM2(one) * signedM2(other) > 0 && sameGround(one, other, sigma_m));
}

/**
 * The laps of a walk that goes round more than once, in order; none for a single lap.
 *
 * A lap ends where the walk, having been away, comes back past its start. What was walked after the last one is in none.
 */
export function splitLaps(ring: readonly RingFix[]): Lap[] {
  const start = ring[0];
  if (!start) return [];
  const away_m = ring.map((fix) => Math.hypot(fix.east_m - start.east_m, fix.north_m - start.north_m));
  const sigma_m = median(ring.map((fix) => fix.sigma_m));
  const farthest_m = away_m.reduce((most, m) => Math.max(most, m), 0);
  const near_m = Math.max(OVERLAP_NEAR_M, Math.min(NEAR_SIGMAS * sigma_m, NEAR_SHARE * farthest_m));
  const ends = [0];
  let excursion_m = 0;
  let nearest: number | null = null;
  // The first visit is the start itself; what is far enough away makes the next visit the end of a lap.
  const endVisit = () => {
    if (nearest !== null) {
      ends.push(nearest);
      // Away is reckoned from the end found, so the rest of this visit does not count.
      excursion_m = 0;
    }
    nearest = null;
  };
  let started = false;
  away_m.forEach((m, i) => {
    if (m > near_m) {
      endVisit();
      started = true;
      excursion_m = Math.max(excursion_m, m);
    } else if (started && excursion_m >= EXCURSION_SHARE * near_m && (nearest === null || m < (away_m[nearest] ?? Infinity))) {
      nearest = i;
    }
  });
  endVisit();
  const laps = ends.slice(1).map((end, i): Lap => [ends[i] ?? 0, end]);
  return laps.length >= 2 && alike(ring, laps) ? laps.slice(0, MAX_LAPS) : [];
}

function meanSquare(ring: readonly RingFix[]): number {
  return ring.reduce((sum, fix) => sum + fix.sigma_m ** 2, 0) / ring.length;
}

/** Σ σᵢ dᵢ of a track, each faded by its distance in time from one moment: what it has in common with a track beyond it. */
function faded(track: readonly RingFix[], at_s: number): { east_m: number; north_m: number } {
  const sum = { east_m: 0, north_m: 0 };
  chordsOf(track).forEach((chord, i) => {
    const fix = track[i];
    if (!fix) return;
    const weight = fix.sigma_m * Math.exp(-Math.abs(fix.t_s - at_s) / SLOW_CORRELATION_TIME_S);
    sum.east_m += weight * chord.east_m;
    sum.north_m += weight * chord.north_m;
  });
  return sum;
}

/**
 * What two laps err alike, to first order: ¼ Σ Cᵢⱼ dᵢ·dⱼ. One lap follows the other in time, so the double sum is a
 * product of two. Never taken as negative: laps that happen to cancel are no better than independent ones.
 */
function sharedVariance(earlier: readonly RingFix[], later: readonly RingFix[]): number {
  const between_s = later[0]?.t_s ?? 0;
  const one = faded(earlier, between_s);
  const other = faded(later, between_s);
  return Math.max(0, (one.east_m * other.east_m + one.north_m * other.north_m) / 4);
}

/**
 * The weighted mean of laps in order of time. Weights follow the accuracy of the fixes alone, never the area. Where the
 * laps differ by more than their errors explain in one case of a hundred, the variance is raised to what they show.
 */
export function combineLaps(laps: readonly MeasuredLap[]): LapMean {
  const tracks = laps.map((lap) => believed(lap.fixes));
  const variances = tracks.map(walkVariance);
  const doubted = tracks.map((track) => correlated(track).map((fix) => ({ ...fix, sigma_m: fix.sigma_m * SIGMA_DOUBT })));
  const raw = doubted.map((track) => 1 / Math.max(meanSquare(track), 1e-12));
  const weights = raw.map((weight) => weight / raw.reduce((sum, each) => sum + each, 0));
  const area_m2 = laps.reduce((sum, lap, i) => sum + (weights[i] ?? 0) * lap.area_m2, 0);
  const factor = intervalFactor(1 - (1 - DISAGREE_CONFIDENCE) / Math.max(1, (laps.length * (laps.length - 1)) / 2));
  let variance = 0;
  const apart = laps.map((lap, i) => {
    const own = variances[i] ?? 0;
    const weight = weights[i] ?? 0;
    variance += weight ** 2 * own;
    let differs = false;
    for (let j = 0; j < i; j += 1) {
      const shared = sharedVariance(doubted[j] ?? [], doubted[i] ?? []);
      variance += 2 * weight * (weights[j] ?? 0) * shared;
      const explained_m2 = factor * Math.sqrt(Math.max(0, own + (variances[j] ?? 0) - 2 * shared)) + 1e-6;
      if (Math.abs(lap.area_m2 - (laps[j]?.area_m2 ?? 0)) > explained_m2) differs = true;
    }
    return differs;
  });
  const agree = !apart.includes(true);
  if (!agree) {
    const scatter = laps.reduce((sum, lap, i) => sum + (weights[i] ?? 0) * (lap.area_m2 - area_m2) ** 2, 0) / (laps.length - 1);
    variance = Math.max(variance, scatter);
  }
  return { area_m2, se_m2: Math.sqrt(variance), agree };
}
