/**
 * Area and perimeter of a ring on the WGS 84 ellipsoid (椭球面积).
 *
 * Positions are [longitude, latitude] in degrees. The ring may be open or closed by its first position; it may run
 * either way. Each side is followed through its own midpoint, so the result agrees with geodesic sides to far better
 * than 1e-6 for sides of kilometres.
 *
 * Source: the authalic function q of Snyder, "Map Projections: A Working Manual" (1987), eq. 3-12: the area between
 * a curve and the equator is the integral of q(latitude)·a²/2 over the longitude.
 */

import type { Position } from './wire';

const A_M = 6_378_137;
const F = 1 / 298.257_223_563;
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RAD = Math.PI / 180;

interface Point {
  lon: number;
  lat: number;
}

interface Vector {
  x: number;
  y: number;
  z: number;
}

/** Square metres between the equator and this latitude, for one radian of longitude. */
function strip(lat: number): number {
  const s = Math.sin(lat);
  return ((A_M * A_M * (1 - E2)) / 2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E);
}

function toVector({ lon, lat }: Point): Vector {
  const n = A_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  return {
    x: n * Math.cos(lat) * Math.cos(lon),
    y: n * Math.cos(lat) * Math.sin(lon),
    z: n * (1 - E2) * Math.sin(lat),
  };
}

/** The point of the ellipsoid below the middle of the chord; for plot sides this is the middle of the geodesic. */
function middle(p: Point, q: Point): Point {
  const a = toVector(p);
  const b = toVector(q);
  const x = a.x + b.x;
  const y = a.y + b.y;
  const z = a.z + b.z;
  // Taken relative to p: the difference of two longitudes keeps more digits than either of them.
  const turn = Math.atan2(y * Math.cos(p.lon) - x * Math.sin(p.lon), x * Math.cos(p.lon) + y * Math.sin(p.lon));
  return { lon: p.lon + turn, lat: Math.atan2(z, (1 - E2) * Math.hypot(x, y)) };
}

/** The integral of strip(latitude) - base over longitude along a side, latitude and longitude taken as parabolas. */
function underSide(p: Point, q: Point, base: number): number {
  const m = middle(p, q);
  const u = [strip(p.lat) - base, strip(m.lat) - base, strip(q.lat) - base] as const;
  const v = [0, m.lon - p.lon, q.lon - p.lon] as const;
  const u1 = -3 * u[0] + 4 * u[1] - u[2];
  const u2 = 2 * u[0] - 4 * u[1] + 2 * u[2];
  const v1 = 4 * v[1] - v[2];
  const v2 = -4 * v[1] + 2 * v[2];
  return u[0] * v1 + (u1 * v1) / 2 + u[0] * v2 + (u2 * v1) / 3 + (2 * u1 * v2) / 3 + (u2 * v2) / 2;
}

function openRing(ring: readonly Position[]): Point[] {
  const origin = ring[0]?.[0] ?? 0;
  // Beside the first position, so a ring across 180 degrees stays in one piece.
  const points = ring.map(([lon, lat]) => ({ lon: (lon - 360 * Math.round((lon - origin) / 360)) * RAD, lat: lat * RAD }));
  const first = points[0];
  const last = points.at(-1);
  if (first && last && points.length > 1 && first.lon === last.lon && first.lat === last.lat) points.pop();
  return points;
}

/** Square metres the ring encloses; lobes walked the other way are taken off. 0 for fewer than three positions. */
export function areaM2(ring: readonly Position[]): number {
  const points = openRing(ring);
  const first = points[0];
  if (!first || points.length < 3) return 0;
  const base = strip(first.lat);
  let sum = 0;
  points.forEach((p, i) => {
    sum += underSide(p, points[(i + 1) % points.length] ?? first, base);
  });
  return Math.abs(sum);
}

/** Metres between two positions along the ellipsoid (to a millimetre over 10 km). */
export function distanceM(from: Position, to: Position): number {
  const a = toVector({ lon: from[0] * RAD, lat: from[1] * RAD });
  const b = toVector({ lon: to[0] * RAD, lat: to[1] * RAD });
  const chord = Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
  const radius = (A_M * Math.sqrt(1 - E2)) / (1 - E2 * Math.sin(((from[1] + to[1]) / 2) * RAD) ** 2);
  return chord * (1 + (chord / radius) ** 2 / 24);
}

/** Metres along an open line of positions. */
export function lengthM(line: readonly Position[]): number {
  let sum = 0;
  line.forEach((p, i) => {
    const next = line[i + 1];
    if (next) sum += distanceM(p, next);
  });
  return sum;
}

/** Metres around the ring, its closing side included. */
export function perimeterM(ring: readonly Position[]): number {
  const first = ring[0];
  const last = ring.at(-1);
  if (!first || !last || ring.length < 2) return 0;
  return lengthM(ring) + distanceM(last, first);
}

/** 1 mu (亩) = 2000/3 m². */
export function muOf(area_m2: number): number {
  return (area_m2 * 3) / 2000;
}

/**
 * Metres east and north of an origin, on the plane that touches the ellipsoid there: for drawing and for error
 * estimates. Distances shrink by half the square of distance/earth radius, nothing for a plot.
 *
 * Source: geo/plane.py, which the server judges topology and tolerance in.
 */
export function localPlane(origin: Position): (p: Position) => { east_m: number; north_m: number } {
  const lon = origin[0] * RAD;
  const lat = origin[1] * RAD;
  const o = toVector({ lon, lat });
  const [sinLon, cosLon, sinLat, cosLat] = [Math.sin(lon), Math.cos(lon), Math.sin(lat), Math.cos(lat)];
  return (p) => {
    const v = toVector({ lon: p[0] * RAD, lat: p[1] * RAD });
    const [x, y, z] = [v.x - o.x, v.y - o.y, v.z - o.z];
    return { east_m: y * cosLon - x * sinLon, north_m: z * cosLat - (x * cosLon + y * sinLon) * sinLat };
  };
}

/** Degrees clockwise from north, 0 to 360. */
export function bearingDeg(from: Position, to: Position): number {
  const { east_m, north_m } = localPlane(from)(to);
  return ((Math.atan2(east_m, north_m) / RAD) + 360) % 360;
}
