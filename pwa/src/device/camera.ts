/** The camera inside the page. The file input is the other way, and always there. */

import { withSurface } from './surface';

export class NoCamera extends Error {
  override name = 'NoCamera';
}

export interface Camera {
  /** What the viewfinder shows. */
  stream: MediaStream;
  /** One picture as the camera encodes it. */
  shoot(video: HTMLVideoElement): Promise<ArrayBuffer>;
  /** Whether there is a lamp to switch. */
  hasTorch: boolean;
  /** Switch the lamp; says whether it shines. */
  light(on: boolean): Promise<boolean>;
  close(): void;
}

interface ImageCaptureLike {
  takePhoto(): Promise<Blob>;
}
declare const ImageCapture: undefined | (new (track: MediaStreamTrack) => ImageCaptureLike);

/** Neither is in the standard library's types. */
type Torchful = MediaTrackCapabilities & { torch?: boolean };
type TorchWish = MediaTrackConstraints & { advanced: { torch: boolean }[] };

function frameOf(video: HTMLVideoElement): Promise<Blob> {
  return withSurface(async (surface) => {
    surface.draw(video, video.videoWidth, video.videoHeight);
    const blob = await surface.encode(0.92);
    if (!blob) throw new NoCamera('no picture came out of the viewfinder');
    return blob;
  });
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
  // Firefox had no such method for long.
  const abilities: Torchful = (track as Partial<MediaStreamTrack> | undefined)?.getCapabilities?.() ?? {};
  return {
    stream,
    hasTorch: abilities.torch === true,
    async light(on) {
      try {
        await track?.applyConstraints({ advanced: [{ torch: on }] } as TorchWish);
        return on;
      } catch {
        return false;
      }
    },
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
