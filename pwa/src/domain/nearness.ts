/** Whether a picture was taken at the plot, as the server will judge it (inspections/evidence.py). */

import { localPlane } from './area';
import type { PhotoPosition, Policy, Position } from './wire';

/** The policy may leave it out; the server then assumes the same. */
const PHOTO_WITHIN_M = 50;

interface Point {
  east_m: number;
  north_m: number;
}

function toSideM(a: Point, b: Point): number {
  const [dx, dy] = [b.east_m - a.east_m, b.north_m - a.north_m];
  const length2 = dx * dx + dy * dy;
  const along = length2 === 0 ? 0 : Math.max(0, Math.min(1, -(a.east_m * dx + a.north_m * dy) / length2));
  return Math.hypot(a.east_m + along * dx, a.north_m + along * dy);
}

/** Metres from a position to a ring, 0 inside it; null for a ring that encloses nothing. */
export function distanceFromRingM(position: Position, ring: readonly Position[]): number | null {
  if (ring.length < 3) return null;
  const points = ring.map(localPlane(position));
  let inside = false;
  let nearest_m = Infinity;
  for (const [i, a] of points.entries()) {
    const b = points[(i + 1) % points.length] ?? a;
    nearest_m = Math.min(nearest_m, toSideM(a, b));
    const crosses = a.north_m > 0 !== b.north_m > 0;
    if (crosses && a.east_m + (-a.north_m / (b.north_m - a.north_m)) * (b.east_m - a.east_m) > 0) inside = !inside;
  }
  return inside ? 0 : nearest_m;
}

/** The phone's own accuracy is granted on top of the distance; null where nothing can be said. */
export function isFar(
  position: Pick<PhotoPosition, 'lon' | 'lat' | 'accuracy_m'> | null,
  ring: readonly Position[] | null,
  policy: Pick<Policy, 'evidence'>,
): boolean | null {
  const distance_m = position && ring ? distanceFromRingM([position.lon, position.lat], ring) : null;
  if (distance_m === null || !position) return null;
  return distance_m > (policy.evidence?.photo_within_m ?? PHOTO_WITHIN_M) + position.accuracy_m;
}
