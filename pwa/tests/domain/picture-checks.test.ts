import { describe, expect, it } from 'vitest';
import { isBlurred, isDark, laplacianVariance, looksLike, type GreySample } from '../../src/domain/picture-checks';

function sample(value: (x: number, y: number) => number, width = 48, height = 36): GreySample {
  const grey = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) grey[y * width + x] = value(x, y);
  return { grey, width, height };
}

const leaves = sample((x, y) => ((x >> 1) + (y >> 1)) % 2 === 0 ? 60 : 190);
const haze = sample((x, y) => 120 + 40 * Math.sin(x / 9) * Math.sin(y / 9));

describe('a picture right after the shot', () => {
  it('is blurred when nothing in it has an edge', () => {
    expect(isBlurred(haze)).toBe(true);
    expect(isBlurred(leaves)).toBe(false);
    expect(laplacianVariance(leaves)).toBeGreaterThan(100 * laplacianVariance(haze));
  });

  it('is dark when four fifths of it are nearly black', () => {
    expect(isDark(sample(() => 12))).toBe(true);
    // A person before a bright sky is dark in parts, and usable.
    expect(isDark(sample((x) => (x < 30 ? 20 : 220)))).toBe(false);
    expect(isDark(leaves)).toBe(false);
  });

  it('has no verdict without a pixel', () => {
    expect(isDark(sample(() => 0, 0, 0))).toBe(false);
    expect(laplacianVariance(sample(() => 0, 1, 1))).toBe(0);
  });

  it('must look the same after it was made smaller', () => {
    // A page short of memory draws black without an error; such a copy must not replace the picture.
    expect(looksLike(leaves, sample((x, y) => ((x >> 1) + (y >> 1)) % 2 === 0 ? 70 : 180))).toBe(true);
    expect(looksLike(leaves, sample(() => 0))).toBe(false);
    expect(looksLike(leaves, sample(() => 0, 12, 9))).toBe(false);
  });
});
