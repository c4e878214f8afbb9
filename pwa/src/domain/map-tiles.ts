/** Which tiles of a base map show the plots of a day, in Web Mercator as every tile map counts them. */

import type { Position } from './wire';

export type TileAt = readonly [z: number, x: number, y: number];

/** How much land around the middle of a plot is wanted: the plot, its neighbours and the way in. */
const AROUND_M = 200;
const EQUATOR_M = 40_075_017;

/** Coarse levels first, each tile once: what a limit cuts off is the finest detail. */
export function tilesAround(centres: readonly Position[], min_zoom: number, max_zoom: number): TileAt[] {
  const tiles: TileAt[] = [];
  for (let z = min_zoom; z <= max_zoom; z += 1) {
    const seen = new Set<number>();
    const side = 2 ** z;
    for (const [lon, lat] of centres) {
      const phi = (lat * Math.PI) / 180;
      const x = ((lon + 180) / 360) * side;
      const y = ((1 - Math.asinh(Math.tan(phi)) / Math.PI) / 2) * side;
      const around = (AROUND_M * side) / (EQUATOR_M * Math.cos(phi));
      for (let column = Math.floor(x - around); column <= x + around; column += 1) {
        for (let row = Math.floor(y - around); row <= y + around; row += 1) {
          if (seen.has(column * side + row)) continue;
          seen.add(column * side + row);
          tiles.push([z, column, row]);
        }
      }
    }
  }
  return tiles;
}
