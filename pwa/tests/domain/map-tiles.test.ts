import { describe, expect, it } from 'vitest';
import { tilesAround } from '../../src/domain/map-tiles';
import type { Position } from '../../src/domain/wire';

const PLOT: Position = [109.39752, 25.2241];

describe('the tiles a day asks for', () => {
  it('hold the plot, as tile maps number them, coarse ones first', () => {
    const tiles = tilesAround([PLOT], 14, 17);

    // Reckoned apart: x = (lon + 180) / 360 · 2^z, y = (1 − asinh(tan φ) / π) / 2 · 2^z.
    expect(tiles).toContainEqual([17, 105_366, 56_040]);
    expect(tiles).toContainEqual([14, 13_170, 7_005]);
    expect(tiles.map(([z]) => z)).toEqual(tiles.map(([z]) => z).sort());
  });

  it('reach two hundred metres around it, and no village further', () => {
    // A tile of level 17 is 277 m wide here: two hundred metres either way touch two or three.
    const finest = tilesAround([PLOT], 17, 17);

    expect(finest.length).toBeGreaterThanOrEqual(4);
    expect(finest.length).toBeLessThanOrEqual(9);
  });

  it('are shared by neighbours', () => {
    const beside: Position = [PLOT[0] + 0.0001, PLOT[1]];

    expect(tilesAround([PLOT, PLOT], 14, 17)).toEqual(tilesAround([PLOT], 14, 17));
    expect(tilesAround([PLOT, beside], 14, 16)).toEqual(tilesAround([PLOT], 14, 16));
  });
});
