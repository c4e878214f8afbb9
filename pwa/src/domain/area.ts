/**
 * Area and perimeter of a plot on the WGS 84 ellipsoid (椭球面积).
 *
 * Positions are [longitude, latitude] in degrees, anywhere on earth: a pole or the antimeridian is a place like any
 * other. A ring may be open or closed by its first position; it may run either way. Its area is that on the plane which
 * touches the ellipsoid at its first position, right to 5e-8 within two kilometres and to 3e-7 within five.
 *
 * Source: geo/area.py and geo/plane.py, which the server measures plots with.
 */

import type { Position } from './wire';

const A_M = 6_378_137;
const F = 1 / 298.257_223_563;
const E2 = F * (2 - F);
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

function toVector({ lon, lat }: Point): Vector {
  const n = A_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  return {
    x: n * Math.cos(lat) * Math.cos(lon),
    y: n * Math.cos(lat) * Math.sin(lon),
    z: n * (1 - E2) * Math.sin(lat),
  };
}

/** Square metres the ring encloses; lobes walked the other way are taken off. 0 for fewer than three positions. */
export function areaM2(ring: readonly Position[]): number {
  const first = ring[0];
  if (!first) return 0;
  const corners = ring.map(localPlane(first));
  let sum = 0;
  corners.forEach((p, i) => {
    // The first corner is the plane's origin, so the side back to it encloses nothing with it.
    const q = corners[i + 1];
    if (q) sum += p.east_m * q.north_m - q.east_m * p.north_m;
  });
  return Math.abs(sum) / 2;
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

/** The position so many metres east and north of another, on the plane of `localPlane`; exact to a micrometre for a plot. */
export function movedBy(from: Position, east_m: number, north_m: number): Position {
  const plane = localPlane(from);
  const radius_m = A_M * RAD;
  let to = from;
  // The plane's own figures correct the guess by a sphere; a plot needs three rounds.
  for (let i = 0; i < 3; i += 1) {
    const reached = plane(to);
    to = [
      to[0] + (east_m - reached.east_m) / (radius_m * Math.cos(from[1] * RAD)),
      to[1] + (north_m - reached.north_m) / radius_m,
    ];
  }
  return to;
}

/** Degrees clockwise from north, 0 to 360. */
export function bearingDeg(from: Position, to: Position): number {
  const { east_m, north_m } = localPlane(from)(to);
  return ((Math.atan2(east_m, north_m) / RAD) + 360) % 360;
}
