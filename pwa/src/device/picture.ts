/** Size and thumbnail of a picture; its own bytes are never altered. */

export class UnreadablePicture extends Error {
  override name = 'UnreadablePicture';
}

const THUMB_PX = 360;

export async function examine(
  bytes: ArrayBuffer,
  media_type: string,
): Promise<{ width: number; height: number; thumb: ArrayBuffer }> {
  let full: ImageBitmap;
  try {
    full = await createImageBitmap(new Blob([bytes], { type: media_type }));
  } catch {
    throw new UnreadablePicture(media_type);
  }
  const { width, height } = full;
  const scale = Math.min(1, THUMB_PX / Math.min(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext('2d')?.drawImage(full, 0, 0, canvas.width, canvas.height);
  full.close();
  const blob = await new Promise<Blob | null>((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.8); });
  canvas.width = 0;
  if (!blob) throw new UnreadablePicture(media_type);
  return { width, height, thumb: await blob.arrayBuffer() };
}
