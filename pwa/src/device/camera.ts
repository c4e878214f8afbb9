/** The camera inside the page. The file input is the other way, and always there. */

export class NoCamera extends Error {
  override name = 'NoCamera';
}

export interface Camera {
  /** What the viewfinder shows. */
  stream: MediaStream;
  /** One picture as the camera encodes it: these bytes are the evidence. */
  shoot(video: HTMLVideoElement): Promise<ArrayBuffer>;
  close(): void;
}

interface ImageCaptureLike {
  takePhoto(): Promise<Blob>;
}
declare const ImageCapture: undefined | (new (track: MediaStreamTrack) => ImageCaptureLike);

async function frameOf(video: HTMLVideoElement): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.92); });
  // iOS counts canvas memory per page until it is given back.
  canvas.width = 0;
  if (!blob) throw new NoCamera('no picture came out of the viewfinder');
  return blob;
}

function within<T>(promise: Promise<T>, wait_ms: number): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => { setTimeout(() => { reject(new NoCamera('too slow')); }, wait_ms); }),
  ]);
}

/** Open the rear camera; throws NoCamera where there is none or it is not allowed. */
export async function openCamera(): Promise<Camera> {
  // Absent on plain http, whatever the type says.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new NoCamera('not available here');
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: 'environment' }, width: { ideal: 2560 }, height: { ideal: 1440 } },
    });
  } catch (error) {
    throw new NoCamera(String(error));
  }
  const [track] = stream.getVideoTracks();
  return {
    stream,
    async shoot(video) {
      let blob: Blob | null = null;
      if (track && typeof ImageCapture === 'function') {
        try {
          // The sensor's full picture, where the browser gives it; some phones hang here.
          blob = await within(new ImageCapture(track).takePhoto(), 4_000);
          if (blob.type !== 'image/jpeg') blob = null;
        } catch {
          blob = null;
        }
      }
      return (blob ?? (await frameOf(video))).arrayBuffer();
    },
    close() {
      for (const each of stream.getTracks()) each.stop();
    },
  };
}
