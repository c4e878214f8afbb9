/**
 * What becomes of a picture before it is kept: its size, a thumbnail, and a smaller copy where the policy wants one.
 *
 * A picture no larger than wanted stays as it came, byte for byte. One picture at a time is decoded.
 */

import type { GreySample } from '../domain/picture-checks';
import { looksLike } from '../domain/picture-checks';
import { withSurface, type Surface } from './surface';

export class UnreadablePicture extends Error {
  override name = 'UnreadablePicture';
}

/** Long edge of thumbnails, and of the copy that is looked at for darkness and blur. */
const THUMB_PX = 480;
const QUALITY = 0.85;
const THUMB_QUALITY = 0.8;

export interface Prepared {
  bytes: ArrayBuffer;
  media_type: string;
  width: number;
  height: number;
  thumb: ArrayBuffer;
  sample: GreySample;
  /** The size of the picture as it came, where `bytes` is a smaller copy. */
  before: { width: number; height: number } | null;
}

interface Decoded {
  source: CanvasImageSource;
  width: number;
  height: number;
  close(): void;
}

async function decode(bytes: ArrayBuffer, media_type: string): Promise<Decoded> {
  const blob = new Blob([bytes], { type: media_type });
  try {
    const source = await createImageBitmap(blob, { imageOrientation: 'from-image' });
    const { width, height } = source;
    return { source, width, height, close: () => { source.close(); } };
  } catch {
    // Broken, or a browser that does not know the option: an element turns a picture upright in every browser.
  }
  const url = URL.createObjectURL(blob);
  const image = new Image();
  const close = () => {
    image.src = '';
    URL.revokeObjectURL(url);
  };
  try {
    image.src = url;
    await image.decode();
  } catch {
    close();
    throw new UnreadablePicture(media_type);
  }
  return { source: image, width: image.naturalWidth, height: image.naturalHeight, close };
}

/** Width and height with this long edge, never larger than the picture. */
function fitted(picture: { width: number; height: number }, long_edge_px: number): [number, number] {
  const scale = Math.min(1, long_edge_px / Math.max(picture.width, picture.height));
  return [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))];
}

function sampleOf(surface: Surface, picture: Decoded): GreySample {
  const [width, height] = fitted(picture, THUMB_PX);
  surface.draw(picture.source, width, height);
  return { grey: surface.grey(), width, height };
}

async function encoded(surface: Surface, quality: number): Promise<ArrayBuffer | null> {
  return (await (await surface.encode(quality))?.arrayBuffer()) ?? null;
}

/** A smaller copy, if it turns out well: a page short of memory gets black or empty pictures without an error. */
async function smaller(
  surface: Surface, picture: Decoded, sample: GreySample, long_edge_px: number,
): Promise<{ bytes: ArrayBuffer; width: number; height: number } | null> {
  const [width, height] = fitted(picture, long_edge_px);
  surface.draw(picture.source, width, height);
  const bytes = await encoded(surface, QUALITY);
  if (!bytes) return null;
  try {
    const again = await decode(bytes, 'image/jpeg');
    const good = again.width === width && again.height === height && looksLike(sampleOf(surface, again), sample);
    again.close();
    return good ? { bytes, width, height } : null;
  } catch {
    return null;
  }
}

/** Throws UnreadablePicture. `long_edge_px`: null keeps every picture as it came. */
export function prepare(bytes: ArrayBuffer, media_type: string, long_edge_px: number | null): Promise<Prepared> {
  return withSurface(async (surface) => {
    const picture = await decode(bytes, media_type);
    try {
      const { width, height } = picture;
      const sample = sampleOf(surface, picture);
      const thumb = await encoded(surface, THUMB_QUALITY);
      if (!thumb) throw new UnreadablePicture(media_type);
      const copy = long_edge_px !== null && Math.max(width, height) > long_edge_px
        ? await smaller(surface, picture, sample, long_edge_px)
        : null;
      return copy
        ? { ...copy, media_type: 'image/jpeg', thumb, sample, before: { width, height } }
        : { bytes, media_type, width, height, thumb, sample, before: null };
    } finally {
      picture.close();
    }
  });
}
