import { describe, expect, it } from 'vitest';
import { movedBy } from '../../src/domain/area';
import { shortWay } from '../../src/domain/route';
import type { Position } from '../../src/domain/wire';

const HERE: Position = [109.4, 25.2];
const at = (east_m: number, north_m: number): Position => movedBy(HERE, east_m, north_m);
const self = (position: Position) => position;

/** The shortest of all orders. */
function shortest_m(places: readonly Position[], from: Position): number {
  if (places.length === 0) return 0;
  return Math.min(...places.map((next, i) => {
    const others = places.filter((_, j) => j !== i);
    return shortWay([next], self, from).length_m + shortest_m(others, next);
  }));
}

describe('the way through the plots', () => {
  it('goes along a terrace instead of to and fro', () => {
    // The nearest of those left, again and again, by distance from where one stands: -90, 100, -200, 200, …
    const terrace = [-90, 100, -200, 200, -300, 300, -400].map((east_m) => at(east_m, 0));

    const { stops, length_m } = shortWay(terrace, self, HERE);

    expect(stops.map((stop) => terrace.indexOf(stop))).toEqual([0, 2, 4, 6, 1, 3, 5]);
    expect(length_m).toBeCloseTo(1100, 0);
  });

  it('does not leave one plot behind for the way back', () => {
    // The nearest first would go 10, 20, 30 and then all the way back to −15.
    const places = [10, 20, 30, -15].map((east_m) => at(east_m, 0));

    expect(shortWay(places, self, HERE).length_m).toBeCloseTo(15 + 45, 0);
  });

  it('is hardly longer than the shortest of all', () => {
    let seed = 7;
    const chance = () => { seed = (seed * 16_807) % 2_147_483_647; return seed / 2_147_483_647; };
    for (let round = 0; round < 20; round += 1) {
      const places = Array.from({ length: 7 }, () => at(1000 * chance(), 1000 * chance()));
      expect(shortWay(places, self, HERE).length_m).toBeLessThan(1.25 * shortest_m(places, HERE));
    }
  });

  it('is found fast for a whole township, and visits each place once', () => {
    let seed = 3;
    const chance = () => { seed = (seed * 16_807) % 2_147_483_647; return seed / 2_147_483_647; };
    const places = Array.from({ length: 300 }, () => at(4000 * chance(), 4000 * chance()));

    const began = performance.now();
    const { stops, length_m } = shortWay(places, self, HERE);
    const took_ms = performance.now() - began;

    expect(new Set(stops).size).toBe(300);
    // The expected shortest way through n places of an area is about 0.7124 √(n · area).
    expect(length_m).toBeLessThan(1.25 * 0.7124 * Math.sqrt(300) * 4000);
    expect(took_ms).toBeLessThan(1000);
  });

  it('leaves plots without a position at the end, as the list had them', () => {
    const places = [null, at(20, 0), null, at(10, 0)];

    expect(shortWay(places.map((position, i) => ({ position, i })), ({ position }) => position, HERE).stops.map(({ i }) => i)).toEqual([3, 1, 0, 2]);
  });

  it('is looked for among the nearest five hundred, however many a county has', () => {
    const places = Array.from({ length: 700 }, (_, i) => at(10 * (700 - i), 0));

    const { stops } = shortWay(places, self, HERE);

    expect(stops.slice(0, 500)).toEqual(places.slice(200).reverse());
    expect(stops.slice(500)).toEqual(places.slice(0, 200));
  });

  it('begins at the first plot where nobody knows where one stands', () => {
    const places = [at(50, 0), at(0, 0), at(60, 0)];

    expect(shortWay(places, self, null).stops[0]).toBe(places[0]);
    expect(shortWay([], self, null)).toEqual({ stops: [], length_m: 0 });
  });
});
