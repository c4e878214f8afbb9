import { describe, expect, it } from 'vitest';
import { cameraHeadingDeg, eighthOf, horizonDeg } from '../../src/domain/orientation';

describe('where the camera looks', () => {
  it.each([
    // Held upright, alpha turns the other way round than a compass.
    [0, 90, 0, 0], [270, 90, 0, 90], [180, 90, 0, 180], [90, 90, 0, 270],
    // Tilted down to the ground before one's feet it still looks north.
    [0, 60, 0, 0],
    // Lying on its long side, the camera to the north.
    [90, 0, -90, 0],
  ])('alpha %d, beta %d, gamma %d is %d', (alpha, beta, gamma, heading) => {
    const found = cameraHeadingDeg(alpha, beta, gamma) ?? NaN;
    expect(Math.min(Math.abs(found - heading), 360 - Math.abs(found - heading))).toBeLessThan(1e-6);
  });

  it('has no name when it looks straight down into a pit', () => {
    expect(cameraHeadingDeg(120, 0, 0)).toBeNull();
    expect(cameraHeadingDeg(120, 10, 3)).toBeNull();
  });

  it('is one of eight directions', () => {
    expect([0, 22, 23, 90, 200, 337, 338, 359.9].map(eighthOf)).toEqual([0, 0, 1, 2, 4, 7, 0, 0]);
  });
});

describe('the horizon', () => {
  it('lies level in a phone held upright, leans with it, and is gone in one lying flat', () => {
    expect(horizonDeg(90, 0, 0)).toBeCloseTo(0);
    expect(horizonDeg(0, -90, 90)).toBeCloseTo(0);
    expect(horizonDeg(0, 90, -90)).toBeCloseTo(0);
    expect(horizonDeg(0, 0, 0)).toBeNull();
    // Its right side lifted a little: what is up in the world leans to the right on the screen.
    expect(horizonDeg(45, -10, 0)).toBeGreaterThan(5);
  });
});
