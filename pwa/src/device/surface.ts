/**
 * The one canvas of the page: pictures are drawn on it one after the other, and its memory is given back each time.
 *
 * iOS counts the canvas memory of a page until it is given back, and kills a page that has too much of it.
 */

export interface Surface {
  /** Draw a picture anew at this size. */
  draw(source: CanvasImageSource, width: number, height: number): void;
  /** The grey value of each pixel, row by row. */
  grey(): Uint8ClampedArray;
  /** What is drawn, as JPEG; null when the browser gives nothing. */
  encode(quality: number): Promise<Blob | null>;
}

/** A picture that is neither drawn nor refused. */
export class NeverDrawn extends Error {
  override name = 'NeverDrawn';
}

/** A weak phone takes seconds for a large picture. */
const LONGEST_MS = 30_000;

type Canvas = OffscreenCanvas | HTMLCanvasElement;
type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

let shared: { canvas: Canvas; context: Context } | null = null;
let last: Promise<unknown> = Promise.resolve();

function make(): { canvas: Canvas; context: Context } {
  // What is read back again and again is best not kept on the graphics card.
  const options: CanvasRenderingContext2DSettings = { willReadFrequently: true, alpha: false };
  if (typeof OffscreenCanvas === 'function') {
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext('2d', options);
    // Safari knew the class before its 2d context.
    if (context) return { canvas, context };
  }
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', options);
  if (!context) throw new DOMException('no canvas here', 'NotSupportedError');
  return { canvas, context };
}

/** Use the canvas; who comes next waits, but not for ever. Throws NeverDrawn, and what `work` throws. */
export function withSurface<T>(work: (surface: Surface) => Promise<T>): Promise<T> {
  const turn = last.then(async () => {
    const { canvas, context } = (shared ??= make());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // Should it wake up, it draws where nobody looks any more.
        shared = null;
        reject(new NeverDrawn());
      }, LONGEST_MS);
    });
    try {
      return await Promise.race([late, work({
        draw(source, width, height) {
          canvas.width = width;
          canvas.height = height;
          context.imageSmoothingQuality = 'high';
          context.drawImage(source, 0, 0, width, height);
        },
        grey() {
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          const grey = new Uint8ClampedArray(data.length / 4);
          for (let i = 0; i < grey.length; i += 1) {
            grey[i] = 0.299 * (data[4 * i] ?? 0) + 0.587 * (data[4 * i + 1] ?? 0) + 0.114 * (data[4 * i + 2] ?? 0);
          }
          return grey;
        },
        encode(quality) {
          if (!(canvas instanceof HTMLCanvasElement)) return canvas.convertToBlob({ type: 'image/jpeg', quality });
          return new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', quality); });
        },
      })]);
    } finally {
      clearTimeout(timer);
      canvas.width = 0;
      canvas.height = 0;
    }
  });
  last = turn.catch(() => undefined);
  return turn;
}
