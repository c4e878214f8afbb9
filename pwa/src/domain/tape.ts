/**
 * A plot measured with a tape (卷尺丈量): all sides, and from corner 1 one diagonal for each further triangle.
 *
 * Corner 1 lies where the inspector stands, side 1–2 in the direction given; each further corner follows from the
 * triangle it makes with corner 1 and the corner before.
 */

import { movedBy } from './area';
import type { Position } from './wire';

export const LEAST_CORNERS = 3;
export const MOST_CORNERS = 8;
/** A tape over uneven ground, read to the decimetre: the radius that holds two thirds of the corners' errors. */
export const TAPE_ACCURACY_M = 0.3;

export interface Tape {
  corners: number;
  /** Side k runs from corner k to the next, in metres; null: not entered. */
  sides_m: (number | null)[];
  /** From corner 1 to corner 3, 4, … */
  diagonals_m: (number | null)[];
  /** Direction of side 1–2, degrees clockwise from north. */
  bearing_deg: number;
  /** On which hand the plot lies for someone walking from corner 1 to 2. */
  plot_on: 'right' | 'left';
}

/** The sides of a triangle do not meet: its three lengths, and the corners it hangs on (1-based). */
export interface Unmet {
  corners: readonly [number, number, number];
}

export type Traced = { corners: { east_m: number; north_m: number }[]; area_m2: number } | { unmet: Unmet } | null;

export function emptyTape(corners = 4): Tape {
  return {
    corners, sides_m: Array<null>(corners).fill(null), diagonals_m: Array<null>(corners - 3).fill(null), bearing_deg: 0, plot_on: 'right',
  };
}

/** The same tape with more or fewer corners; what was entered stays where it still has a place. */
export function withCorners(tape: Tape, corners: number): Tape {
  const fit = (old: readonly (number | null)[], n: number) => Array.from({ length: n }, (_, i) => old[i] ?? null);
  return { ...tape, corners, sides_m: fit(tape.sides_m, corners), diagonals_m: fit(tape.diagonals_m, corners - 3) };
}

/** Corners on a plane, corner 1 at its origin; null until every length is there. */
export function traceTape(tape: Tape): Traced {
  const { corners: count, bearing_deg, plot_on } = tape;
  const known = (lengths: readonly (number | null)[]) => lengths.every((length) => length !== null && length > 0);
  if (!known(tape.sides_m) || !known(tape.diagonals_m)) return null;
  const side = (k: number) => tape.sides_m[k] ?? 0;
  // From corner 1 to corner k (0-based): the first side, the diagonals, the last side.
  const reach = (k: number) => (k === 1 ? side(0) : k === count - 1 ? side(count - 1) : tape.diagonals_m[k - 2] ?? 0);
  const hand = plot_on === 'right' ? 1 : -1;
  let angle = (bearing_deg * Math.PI) / 180;
  const place = (k: number) => ({ east_m: reach(k) * Math.sin(angle), north_m: reach(k) * Math.cos(angle) });
  const corners = [{ east_m: 0, north_m: 0 }, place(1)];
  let area_m2 = 0;
  for (let k = 2; k < count; k += 1) {
    const [a, b, c] = [reach(k - 1), reach(k), side(k - 1)];
    if (a + b <= c || b + c <= a || c + a <= b) return { unmet: { corners: [1, k, k + 1] } };
    const turn = Math.acos((a * a + b * b - c * c) / (2 * a * b));
    area_m2 += (a * b * Math.sin(turn)) / 2;
    angle += hand * turn;
    corners.push(place(k));
  }
  return { corners, area_m2 };
}

/** The corners on the earth, corner 1 at a position. */
export function placeTape(corners: readonly { east_m: number; north_m: number }[], at: Position): Position[] {
  return corners.map(({ east_m, north_m }) => movedBy(at, east_m, north_m));
}
