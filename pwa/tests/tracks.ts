/** Walks for the tests: round a rectangle whose south-west corner is at 109.4 E 25.2 N, at 1 m/s, one fix a second. */

import { movedBy } from '../src/domain/area';
import type { Fix } from '../src/domain/walk';
import type { Position } from '../src/domain/wire';

export const HERE: Position = [109.4, 25.2];

export function fixAt(east_m: number, north_m: number, t_s: number, accuracy_m = 4): Fix {
  const [lon, lat] = movedBy(HERE, east_m, north_m);
  return { lon, lat, accuracy_m, t_ms: t_s * 1000, fixed_at: '' };
}

/** Along straight lines through these places. */
export function walkAlong(places: readonly (readonly [east_m: number, north_m: number])[], accuracy_m = 4, from_s = 0): Fix[] {
  const fixes: Fix[] = [];
  places.slice(1).forEach(([east, north], i) => {
    const [e, n] = places[i] ?? [east, north];
    const length = Math.hypot(east - e, north - n);
    for (let done = 0; done < length; done += 1) {
      fixes.push(fixAt(e + ((east - e) * done) / length, n + ((north - n) * done) / length, from_s + fixes.length, accuracy_m));
    }
  });
  return fixes;
}

export function rectangle(width_m: number, height_m: number, east_m = 0, north_m = 0): (readonly [number, number])[] {
  return [[0, 0], [width_m, 0], [width_m, height_m], [0, height_m], [0, 0]].map(([e = 0, n = 0]) => [east_m + e, north_m + n] as const);
}

export function positions(places: readonly (readonly [number, number])[]): Position[] {
  return places.map(([east, north]) => movedBy(HERE, east, north));
}
