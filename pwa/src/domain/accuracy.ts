/**
 * From the accuracy of the fixes to a tolerance on the area, with the server's figures to 1e-6.
 *
 * A walk's fixes share one slow error, so errors along a walk fade with τ; separately measured corners are independent.
 * Here a phone is always an uncalibrated one; calibration by phone model is the server's.
 *
 * Source: geo/accuracy.py and geo/units.py, which docs/measurement.md explains; tests/payloads/area-vectors.json holds
 * both to the same figures.
 */

import { localPlane } from './area';
import type { Position } from './wire';

export const CORRELATION_TIME_S = 60;
/** Nobody knows how fast a phone's errors fade: a walk of half an hour suffers more from slower ones. */
export const SLOW_CORRELATION_TIME_S = 100;
/** σ as a walk tells it is itself in doubt; Student's t is so much wider than the normal distribution. */
export const SIGMA_DOUBT = 1.13;
/** Where no fix states an accuracy; the server names it. */
export const ASSUMED_ACCURACY_M = 5;
/** The server looks at no more than these, so neither does the phone. */
export const MAX_CORRELATED_FIXES = 400;

const RESIDUAL_WINDOW_S = 8;
const RESIDUAL_MOVING_M = 4;
const RESIDUAL_MAX_WINDOWS = 300;

/** A fix of an open ring on a plane of metres; `sigma_m` is the standard deviation along one axis. */
export interface RingFix {
  east_m: number;
  north_m: number;
  sigma_m: number;
  t_s: number;
}

interface Offset {
  east_m: number;
  north_m: number;
}

/** Standard deviation along one axis for an accuracy radius of one metre that holds this share of the fixes. */
export function sigmaPerRadius(accuracy_confidence: number): number {
  return 1 / Math.sqrt(-2 * Math.log(1 - accuracy_confidence));
}

/**
 * Half width of a two-sided interval in standard errors.
 *
 * The error function is summed as in DLMF 7.6.2, whose terms are all positive and so keep every digit.
 */
export function intervalFactor(confidence: number): number {
  const inside = (z: number) => {
    let term = z;
    let sum = 0;
    for (let k = 3; term > sum * 1e-17; k += 2) {
      sum += term;
      term *= (z * z) / k;
    }
    return sum * Math.sqrt(2 / Math.PI) * Math.exp((-z * z) / 2);
  };
  let low = 0;
  let high = 8;
  for (let i = 0; i < 54; i += 1) {
    const z = (low + high) / 2;
    if (inside(z) < confidence) low = z;
    else high = z;
  }
  return (low + high) / 2;
}

/** A captured ring, open or closed by its first position, on the plane at that position. */
export function ringOf(
  positions: readonly Position[], accuracy_m: readonly number[], timestamps_s: readonly number[], accuracy_confidence: number,
): RingFix[] {
  const origin = positions[0];
  const last = positions.at(-1);
  if (!origin || !last) return [];
  const closed = positions.length > 1 && origin[0] === last[0] && origin[1] === last[1];
  const open = closed ? positions.slice(0, -1) : positions;
  const plane = localPlane(origin);
  const per_m = sigmaPerRadius(accuracy_confidence);
  // Phones say 0 where they know no accuracy; no walk is without error.
  const known_m = accuracy_m.filter((radius_m) => radius_m > 0);
  const filled_m = known_m.length > 0 ? median(known_m) : ASSUMED_ACCURACY_M;
  const rising = open.every((_, i) => i === 0 || (timestamps_s[i] ?? NaN) >= (timestamps_s[i - 1] ?? NaN));
  return open.map((position, i) => ({
    ...plane(position),
    sigma_m: (accuracy_m[i] || filled_m) * per_m,
    // The phone's own clock runs on; times from elsewhere are filled in by the server (geo/times.py).
    t_s: rising ? (timestamps_s[i] ?? i) : i,
  }));
}

/** For each fix the line from the one before to the one after, round the ring. */
export function chordsOf(ring: readonly RingFix[]): Offset[] {
  return ring.map((fix, i) => {
    const before = ring.at(i - 1) ?? fix;
    const after = ring[(i + 1) % ring.length] ?? fix;
    return { east_m: after.east_m - before.east_m, north_m: after.north_m - before.north_m };
  });
}

/** Variance (m⁴) of the area for independently measured corners: ¼ Σ σᵢ²|dᵢ|² + ½ Σ σᵢ²σᵢ₊₁². */
export function verticesVariance(ring: readonly RingFix[]): number {
  const chords = chordsOf(ring);
  let sum = 0;
  ring.forEach((fix, i) => {
    const chord = chords[i] ?? { east_m: 0, north_m: 0 };
    const after = ring[(i + 1) % ring.length] ?? fix;
    sum += fix.sigma_m ** 2 * ((chord.east_m ** 2 + chord.north_m ** 2) / 4 + after.sigma_m ** 2 / 2);
  });
  return sum;
}

/** The fixes the server's matrix is made of, evenly spread. With 399 steps no index lies half way between two. */
export function correlated(ring: readonly RingFix[]): readonly RingFix[] {
  const steps = MAX_CORRELATED_FIXES - 1;
  if (ring.length <= MAX_CORRELATED_FIXES) return ring;
  const kept = Array.from({ length: MAX_CORRELATED_FIXES }, (_, i) => ring[Math.round((i * (ring.length - 1)) / steps)]);
  return kept.filter((fix) => fix !== undefined);
}

/**
 * Variance (m⁴) of the area for a walk whose errors fade with τ.
 *
 * It is ¼ Σ Cᵢⱼ dᵢ·dⱼ + ½ Σ (Cᵢⱼ Cᵢ₊₁,ⱼ₊₁ − Cᵢ,ⱼ₊₁ Cᵢ₊₁,ⱼ) with Cᵢⱼ = σᵢσⱼ exp(−|tᵢ−tⱼ|/τ), without the matrix: while
 * times rise, what all earlier fixes share with one is what they shared with its neighbour, faded once more; and in the
 * second sum all terms cancel but those with i = j or across the closing side. So its cost grows with the fixes, not
 * with their square.
 */
export function fadingVariance(ring: readonly RingFix[], tau_s: number): number {
  const track = correlated(ring);
  const first = track[0];
  const last = track.at(-1);
  if (!first || !last) return 0;
  const chords = chordsOf(track);
  const around_s = last.t_s - first.t_s;
  const closing = first.sigma_m * last.sigma_m;
  const shared: Offset = { east_m: 0, north_m: 0 };
  let linear = 0;
  let second = closing ** 2 * -Math.expm1((-2 * around_s) / tau_s);
  track.forEach((fix, i) => {
    const before = track[i - 1];
    if (before) {
      const step_s = fix.t_s - before.t_s;
      const faded = Math.exp(-step_s / tau_s);
      shared.east_m *= faded;
      shared.north_m *= faded;
      const pair = before.sigma_m * fix.sigma_m;
      second += pair ** 2 * (1 - faded ** 2);
      second += 2 * closing * pair * (Math.exp(-(around_s + step_s) / tau_s) - Math.exp(-(around_s - step_s) / tau_s));
    }
    const east = fix.sigma_m * (chords[i]?.east_m ?? 0);
    const north = fix.sigma_m * (chords[i]?.north_m ?? 0);
    linear += east * (east + 2 * shared.east_m) + north * (north + 2 * shared.north_m);
    shared.east_m += east;
    shared.north_m += north;
  });
  return Math.max(0, linear / 4 + second / 2);
}

/** Variance (m⁴) of a walk's area, wide enough for what is not known of its errors: how fast they fade, and their σ. */
export function walkVariance(ring: readonly RingFix[]): number {
  const doubted = ring.map((fix) => ({ ...fix, sigma_m: fix.sigma_m * SIGMA_DOUBT }));
  return Math.max(fadingVariance(doubted, CORRELATION_TIME_S), fadingVariance(doubted, SLOW_CORRELATION_TIME_S));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}

/** RMS (m) across the straight line through some fixes; null when they do not tell. */
function acrossM(fixes: readonly RingFix[]): number | null {
  const first = fixes[0];
  const last = fixes.at(-1);
  if (!first || !last || fixes.length < 6 || last.t_s - first.t_s < 0.75 * RESIDUAL_WINDOW_S) return null;
  if (Math.hypot(last.east_m - first.east_m, last.north_m - first.north_m) < RESIDUAL_MOVING_M) return null;
  const mean = { east_m: 0, north_m: 0, t_s: 0 };
  for (const fix of fixes) {
    mean.east_m += fix.east_m / fixes.length;
    mean.north_m += fix.north_m / fixes.length;
    mean.t_s += fix.t_s / fixes.length;
  }
  let east = 0;
  let north = 0;
  for (const fix of fixes) {
    east += (fix.t_s - mean.t_s) * (fix.east_m - mean.east_m);
    north += (fix.t_s - mean.t_s) * (fix.north_m - mean.north_m);
  }
  const length = Math.hypot(east, north);
  if (length === 0) return null;
  let squares = 0;
  for (const fix of fixes) {
    squares += (((fix.north_m - mean.north_m) * east - (fix.east_m - mean.east_m) * north) / length) ** 2;
  }
  return Math.sqrt(squares / fixes.length);
}

/**
 * How much a walk trembles (m): the median RMS across straight lines of 8 s through its moving parts; null when too few
 * parts move. Along the line, a change of pace would look like an error.
 */
export function trackResidualM(ring: readonly RingFix[]): number | null {
  const residuals: number[] = [];
  const step = Math.max(1, Math.floor(ring.length / RESIDUAL_MAX_WINDOWS));
  let end = 0;
  for (let start = 0; start < ring.length; start += step) {
    const until_s = (ring[start]?.t_s ?? NaN) + RESIDUAL_WINDOW_S;
    while ((ring[end]?.t_s ?? Infinity) <= until_s) end += 1;
    const residual_m = acrossM(ring.slice(start, end));
    if (residual_m !== null) residuals.push(residual_m);
  }
  return residuals.length < 3 ? null : median(residuals);
}

/** The σ (m) that a walk's trembling suggests: some phones promise more than they keep. */
export function trackSigmaM(stated_sigma_m: number, residual_m: number): number {
  if (stated_sigma_m <= 0 || residual_m <= 0) return 0;
  return Math.exp(1.2 + 0.31 * Math.log(stated_sigma_m) + 0.57 * Math.log(residual_m));
}

/** The same walk with the σ to reckon with: one that trembles more than its phone admits is believed. */
export function believed(ring: readonly RingFix[]): readonly RingFix[] {
  const residual_m = trackResidualM(ring);
  if (residual_m === null) return ring;
  const least_m = trackSigmaM(median(ring.map((fix) => fix.sigma_m)), residual_m);
  return ring.map((fix) => ({ ...fix, sigma_m: Math.max(fix.sigma_m, least_m) }));
}

/** One standard error (m²) of a walk's area. */
export function walkSeM2(ring: readonly RingFix[]): number {
  return ring.length < 3 ? 0 : Math.sqrt(walkVariance(believed(ring)));
}
