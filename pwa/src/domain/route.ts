/**
 * A short way on foot through the plots that wait (按路线): from place to nearest place, then shortened by turning
 * stretches round (2-opt) and by moving single plots. As the crow flies: no phone knows the paths between the terraces.
 */

import { localPlane } from './area';
import type { Position } from './wire';

/** The nearest of more: nobody walks through so many in a week, and a table of all distances grows with their square. */
const MAX_PLACES = 500;
/** Steps of improvement, in pairs of legs compared; as many as 500 plots take to come within a tenth of the shortest. */
const MAX_COMPARED = 1_000_000;

export interface Way<T> {
  /** In the order to go; what has no position, or is beyond the nearest 500, comes last in the order it was given. */
  stops: T[];
  length_m: number;
}

export function shortWay<T>(items: readonly T[], positionOf: (item: T) => Position | null, from: Position | null): Way<T> {
  const known = items.filter((item) => positionOf(item) !== null);
  const first = from ?? (known[0] ? positionOf(known[0]) : null);
  if (!first) return { stops: [...items], length_m: 0 };
  const plane = localPlane(first);
  const placed = known
    .map((item) => ({ item, ...plane(positionOf(item) ?? first) }))
    .sort((a, b) => Math.hypot(a.east_m, a.north_m) - Math.hypot(b.east_m, b.north_m))
    .slice(0, MAX_PLACES);
  // Place 0 is where one stands.
  const points = [{ east_m: 0, north_m: 0 }, ...placed];
  const count = points.length;
  // Asked for a million times, so reckoned beforehand.
  const table = new Float32Array(count * count);
  points.forEach((p, a) => { points.forEach((q, b) => { table[a * count + b] = Math.hypot(p.east_m - q.east_m, p.north_m - q.north_m); }); });
  const far = (a: number, b: number) => table[a * count + b] ?? 0;
  const way = nearestNext(count, far);
  straighten(way, far);
  let length_m = 0;
  for (let i = 1; i < way.length; i += 1) length_m += far(way[i - 1] ?? 0, way[i] ?? 0);
  const rank = new Map(way.map((place, i) => [placed[place - 1]?.item, i]));
  const later = (item: T) => rank.get(item) ?? way.length;
  return { stops: [...items].sort((a, b) => later(a) - later(b)), length_m };
}

function nearestNext(count: number, far: (a: number, b: number) => number): number[] {
  const left = Array.from({ length: count - 1 }, (_, i) => i + 1);
  const way = [0];
  for (let at = 0; left.length > 0;) {
    let nearest = 0;
    for (let i = 1; i < left.length; i += 1) {
      if (far(at, left[i] ?? 0) < far(at, left[nearest] ?? 0)) nearest = i;
    }
    at = left.splice(nearest, 1)[0] ?? 0;
    way.push(at);
  }
  return way;
}

/**
 * Turn a stretch of the way round, or fetch one plot at another time, wherever that makes it shorter. The end is free:
 * nobody has to come back.
 */
function straighten(way: number[], far: (a: number, b: number) => number): void {
  const leg = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? 0 : far(a, b));
  let compared = 0;
  for (let better = true; better && compared < MAX_COMPARED;) {
    better = false;
    for (let i = 1; i < way.length; i += 1) {
      for (let j = 0; j < way.length; j += 1, compared += 1) {
        const [before, a, next, b, after] = [way[i - 1], way[i], way[i + 1], way[j], way[j + 1]];
        if (j > i && leg(before, a) + leg(b, after) - leg(before, b) - leg(a, after) > 0.01) {
          way.splice(i, j - i + 1, ...way.slice(i, j + 1).reverse());
          better = true;
        } else if (j !== i && j !== i - 1 && leg(before, a) + leg(a, next) - leg(before, next) - leg(b, a) - leg(a, after) + leg(b, after) > 0.01) {
          way.splice(j < i ? j + 1 : j, 0, ...way.splice(i, 1));
          better = true;
        }
      }
    }
  }
}
