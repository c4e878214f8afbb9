/**
 * What can be seen of a picture right after the shot: too dark, or blurred.
 *
 * Both are judged on a small grey copy, and both only warn: the limits are set so that a usable picture passes, for an
 * inspector who is warned for nothing soon reads no warning.
 */

export interface GreySample {
  /** 0 black to 255 white, row by row. */
  grey: Uint8ClampedArray;
  width: number;
  height: number;
}

/** Four fifths of a dark picture lie below this. */
const DARK_BELOW = 48;
const DARK_SHARE = 0.8;
/** Variance of the Laplacian of a copy with a long edge of 480 pixels. */
const BLURRED_BELOW = 30;
/** Mean difference of two grey copies of the same picture, before and after encoding. */
const SAME_WITHIN = 24;

export function isDark({ grey }: GreySample): boolean {
  let dark = 0;
  for (const value of grey) if (value < DARK_BELOW) dark += 1;
  return grey.length > 0 && dark / grey.length >= DARK_SHARE;
}

/**
 * How much neighbouring pixels differ: 0 for an even surface, hundreds for leaves in focus.
 *
 * Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000 (variance of the Laplacian).
 */
export function laplacianVariance({ grey, width, height }: GreySample): number {
  let sum = 0;
  let squares = 0;
  let n = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const value =
        (grey[i - 1] ?? 0) + (grey[i + 1] ?? 0) + (grey[i - width] ?? 0) + (grey[i + width] ?? 0) - 4 * (grey[i] ?? 0);
      sum += value;
      squares += value * value;
      n += 1;
    }
  }
  return n === 0 ? 0 : squares / n - (sum / n) ** 2;
}

export function isBlurred(sample: GreySample): boolean {
  return laplacianVariance(sample) < BLURRED_BELOW;
}

/** Whether two copies of the same size show the same picture. */
export function looksLike(a: GreySample, b: GreySample): boolean {
  if (a.width !== b.width || a.height !== b.height) return false;
  let sum = 0;
  for (let i = 0; i < a.grey.length; i += 1) sum += Math.abs((a.grey[i] ?? 0) - (b.grey[i] ?? 0));
  return sum / Math.max(1, a.grey.length) <= SAME_WITHIN;
}
