/**
 * Ground that two outlines share (重叠), told in the field without a network.
 *
 * The server cuts the shapes with Shapely; the phone only wants a figure, and gets it without cutting polygons: an
 * outline is a sum of signed triangles from its first corner, two triangles share a convex piece, and the signs add up.
 *
 * Source: geo/overlaps.py for what counts as more than the errors of both outlines explain.
 */

import { ASSUMED_ACCURACY_M, intervalFactor, median, sigmaPerRadius } from './accuracy';
import { localPlane } from './area';
import { crossingShare } from './crossings';
import type { Policy, Position } from './wire';

const SLIVER_M2 = 0.05;
const SIGNIFICANT_SHARE = 0.25;

export interface Overlap {
  area_m2: number;
  /** Deeper than the errors of both outlines explain, or a quarter of a plot. */
  significant: boolean;
}

type Point = readonly [x: number, y: number];

function shoelace(points: readonly Point[]): number {
  let sum = 0;
  points.forEach(([x, y], i) => {
    const [nx, ny] = points[(i + 1) % points.length] ?? [x, y];
    sum += x * ny - nx * y;
  });
  return sum / 2;
}

/** Open, and anticlockwise. */
function placed(ring: readonly Position[], plane: ReturnType<typeof localPlane>): Point[] {
  const points = ring.map((position): Point => {
    const { east_m, north_m } = plane(position);
    return [east_m, north_m];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first && last && points.length > 1 && first[0] === last[0] && first[1] === last[1]) points.pop();
  return shoelace(points) < 0 ? points.reverse() : points;
}

/** A convex piece cut to the left of a line. */
function cut(piece: readonly Point[], [ax, ay]: Point, [bx, by]: Point): Point[] {
  const side = ([x, y]: Point) => (bx - ax) * (y - ay) - (by - ay) * (x - ax);
  const kept: Point[] = [];
  piece.forEach((p, i) => {
    const q = piece[(i + 1) % piece.length] ?? p;
    const [here, there] = [side(p), side(q)];
    if (here >= 0) kept.push(p);
    if (here > 0 !== there > 0 && here !== there) {
      const share = here / (here - there);
      if (share > 0 && share < 1) kept.push([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]);
    }
  });
  return kept;
}

interface Triangle {
  corners: readonly [Point, Point, Point];
  sign: number;
}

/** Signed triangles that add up to the outline, each with its corners anticlockwise. */
function fan(points: readonly Point[]): Triangle[] {
  const apex = points[0];
  if (!apex) return [];
  return points.slice(1, -1).flatMap((p, i) => {
    const q = points[i + 2] ?? p;
    const area = shoelace([apex, p, q]);
    if (area === 0) return [];
    return [{ corners: area > 0 ? [apex, p, q] as const : [apex, q, p] as const, sign: Math.sign(area) }];
  });
}

const low = (triangle: Triangle, k: 0 | 1) => Math.min(...triangle.corners.map((p) => p[k]));
const high = (triangle: Triangle, k: 0 | 1) => Math.max(...triangle.corners.map((p) => p[k]));

function sharedM2(ours: readonly Point[], theirs: readonly Point[]): number {
  const others = fan(theirs).map((triangle) => ({
    triangle, west: low(triangle, 0), east: high(triangle, 0), south: low(triangle, 1), north: high(triangle, 1),
  }));
  let sum = 0;
  for (const one of fan(ours)) {
    const [west, east, south, north] = [low(one, 0), high(one, 0), low(one, 1), high(one, 1)];
    for (const other of others) {
      if (other.west >= east || west >= other.east || other.south >= north || south >= other.north) continue;
      const [a, b, c] = other.triangle.corners;
      const piece = cut(cut(cut(one.corners, a, b), b, c), c, a);
      if (piece.length >= 3) sum += one.sign * other.triangle.sign * shoelace(piece);
    }
  }
  return Math.max(0, sum);
}

function holds(ring: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  ring.forEach(([ax, ay], i) => {
    const [bx, by] = ring[(i + 1) % ring.length] ?? [ax, ay];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  });
  return inside;
}

/** Metres of an outline that run inside another. */
function insideM(line: readonly Point[], ring: readonly Point[]): number {
  let sum = 0;
  line.forEach((p, i) => {
    const q = line[(i + 1) % line.length] ?? p;
    const shares = [0, 1];
    ring.forEach((a, k) => {
      const share = crossingShare(p, q, a, ring[(k + 1) % ring.length] ?? a);
      if (share !== null) shares.push(share);
    });
    shares.sort((a, b) => a - b);
    shares.slice(1).forEach((share, k) => {
      const from = shares[k] ?? 0;
      const middle = (from + share) / 2;
      const between: Point = [p[0] + middle * (q[0] - p[0]), p[1] + middle * (q[1] - p[1])];
      if (share > from && holds(ring, between)) sum += (share - from) * Math.hypot(q[0] - p[0], q[1] - p[1]);
    });
  });
  return sum;
}

/**
 * What a boundary shares with a neighbour's; null for nothing but a sliver.
 *
 * Args: `accuracy_m` are our fixes' radii. How well the neighbour's outline was measured the phone does not know: it
 * assumes what the server assumes.
 */
export function overlapWith(
  ours: readonly Position[], accuracy_m: readonly number[], theirs: readonly Position[],
  terms: Pick<Policy, 'confidence' | 'accuracy_confidence'>,
): Overlap | null {
  const origin = ours[0];
  if (!origin || ours.length < 3) return null;
  const plane = localPlane(origin);
  const [own, other] = [placed(ours, plane), placed(theirs, plane)];
  const area_m2 = sharedM2(own, other);
  if (area_m2 <= SLIVER_M2) return null;
  const around_m = insideM(own, other) + insideM(other, own);
  const depth_m = around_m > 0 ? (2 * area_m2) / around_m : 0;
  const per_m = sigmaPerRadius(terms.accuracy_confidence);
  const tolerance_m = intervalFactor(terms.confidence) * per_m * Math.hypot(median(accuracy_m), ASSUMED_ACCURACY_M);
  const share = area_m2 / Math.min(shoelace(own), shoelace(other));
  return { area_m2, significant: depth_m > tolerance_m || share > SIGNIFICANT_SHARE };
}
