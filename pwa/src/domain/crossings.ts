/** Where a boundary crosses itself (自相交), and whether that is more than the trembling of a phone. */

import { areaM2, distanceM, localPlane } from './area';
import type { Position } from './wire';

/** A loop smaller than both is what errors make at a corner; the server leaves it out by itself (geo/loops.py). */
const LEAST_LOBE_M2 = 10;
const LEAST_LOBE_SHARE = 0.02;

export interface Crossing {
  at: Position;
  /** The two sides that cross, by the index of their first position. */
  first: number;
  second: number;
  /** The smaller of the two parts into which the crossing divides the ring. */
  lobe_m2: number;
}

type Point = readonly [x: number, y: number];

/** Share along ab at which cd crosses it; null when they do not cross. */
export function crossingShare([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point, [dx, dy]: Point): number | null {
  const [rx, ry, sx, sy] = [bx - ax, by - ay, dx - cx, dy - cy];
  const turn = rx * sy - ry * sx;
  if (turn === 0) return null;
  const along = ((cx - ax) * sy - (cy - ay) * sx) / turn;
  const across = ((cx - ax) * ry - (cy - ay) * rx) / turn;
  return along >= 0 && along <= 1 && across >= 0 && across <= 1 ? along : null;
}

/**
 * The crossings that matter, in the order they were walked.
 *
 * Args: the line as drawn, open; `closed` adds its closing side. A walk under way may cross where it comes back to its
 * start: the tail is the smaller part, and small.
 */
export function crossingsOf(line: readonly Position[], closed: boolean): Crossing[] {
  const origin = line[0];
  if (!origin || line.length < 4) return [];
  const plane = localPlane(origin);
  const points = line.map((position): Point => {
    const { east_m, north_m } = plane(position);
    return [east_m, north_m];
  });
  const sides = closed ? points.length : points.length - 1;
  const total_m2 = areaM2(line);
  const found: Crossing[] = [];
  for (let j = 2; j < sides; j += 1) {
    const c = points[j];
    const d = points[(j + 1) % points.length];
    if (!c || !d) continue;
    // Neighbouring sides share a point; the closing one is a neighbour of the first.
    for (let i = closed && j === points.length - 1 ? 1 : 0; i < j - 1; i += 1) {
      const a = points[i];
      const b = points[i + 1];
      if (!a || !b || Math.max(a[0], b[0]) < Math.min(c[0], d[0]) || Math.max(c[0], d[0]) < Math.min(a[0], b[0])) continue;
      const share = crossingShare(a, b, c, d);
      const [from, to] = [line[i], line[i + 1]];
      if (share === null || !from || !to) continue;
      const at: Position = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
      const loop_m2 = areaM2([at, ...line.slice(i + 1, j + 1)]);
      const rest_m2 = areaM2([...line.slice(0, i + 1), at, ...line.slice(j + 1)]);
      const lobe_m2 = Math.min(loop_m2, rest_m2);
      if (lobe_m2 >= Math.max(LEAST_LOBE_M2, LEAST_LOBE_SHARE * total_m2)) found.push({ at, first: i, second: j, lobe_m2 });
    }
  }
  return found;
}

/** Index of the position nearest to a place. */
export function nearestIndex(line: readonly Position[], place: Position): number {
  let best = 0;
  line.forEach((position, i) => {
    if (distanceM(position, place) < distanceM(line[best] ?? position, place)) best = i;
  });
  return best;
}
