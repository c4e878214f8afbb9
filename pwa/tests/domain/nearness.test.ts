import { describe, expect, it } from 'vitest';
import { distanceFromRingM, isFar } from '../../src/domain/nearness';
import type { Position } from '../../src/domain/wire';

// About 60 m by 44 m.
const RING: Position[] = [[109.4, 25.2], [109.4006, 25.2], [109.4006, 25.2004], [109.4, 25.2004], [109.4, 25.2]];

describe('the distance from a plot', () => {
  it('is nothing inside, and the way to the nearest side outside', () => {
    expect(distanceFromRingM([109.4003, 25.2002], RING)).toBe(0);
    expect(distanceFromRingM([109.4003, 25.2002], [...RING].reverse())).toBe(0);
    // 0.001 degrees of latitude are 110.8 m here.
    expect(distanceFromRingM([109.4003, 25.2014], RING)).toBeCloseTo(110.8, 0);
    // Off a corner: 0.001 degrees of longitude are 100.8 m.
    expect(distanceFromRingM([109.4016, 25.2014], RING)).toBeCloseTo(Math.hypot(110.8, 100.8), 0);
    expect(distanceFromRingM([109.4, 25.2], RING.slice(0, 2))).toBeNull();
  });
});

describe('a photo', () => {
  const at = (lat: number, accuracy_m: number) => ({ lon: 109.4003, lat, accuracy_m });

  it('is far only beyond the limit and its own accuracy', () => {
    const policy = { evidence: { photo_within_m: 100 } };
    expect(isFar(at(25.2014, 5), RING, policy)).toBe(true);
    expect(isFar(at(25.2014, 12), RING, policy)).toBe(false);
    expect(isFar(at(25.2014, 5), RING, {})).toBe(true);
    expect(isFar(at(25.2002, 5), RING, policy)).toBe(false);
  });

  it('is not judged without a place or without a ring', () => {
    expect(isFar(null, RING, {})).toBeNull();
    expect(isFar(at(25.3, 5), null, {})).toBeNull();
  });
});
