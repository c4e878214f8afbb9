/** What the pre-trip check asks the phone; each question answers for itself and never throws. */

/** offline: the shell is kept and in charge; loading: it is on its way; none: this browser keeps nothing. */
export type ShellState = 'offline' | 'loading' | 'none';

export async function shellState(): Promise<ShellState> {
  try {
    const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    const registration = await container?.getRegistration('/m/');
    if (!registration) return 'none';
    const names = (await caches.keys()).filter((name) => name.startsWith('shell-'));
    const kept = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
    return registration.active && kept.some((count) => count > 1) ? 'offline' : 'loading';
  } catch {
    return 'none';
  }
}

export type CameraState = 'allowed' | 'ask' | 'denied' | 'none';

export async function cameraState(): Promise<CameraState> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices?.getUserMedia) return 'none';
  try {
    const { state } = await navigator.permissions.query({ name: 'camera' });
    if (state === 'denied') return 'denied';
    if (state === 'granted') return (await devices.enumerateDevices()).some(({ kind }) => kind === 'videoinput') ? 'allowed' : 'none';
  } catch {
    // Firefox and older Safari do not tell.
  }
  return 'ask';
}

/** Open the camera for a moment, which asks for permission where it is not given yet. */
export async function tryCamera(): Promise<CameraState> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    for (const track of stream.getTracks()) track.stop();
    return 'allowed';
  } catch (error) {
    return error instanceof DOMException && error.name === 'NotAllowedError' ? 'denied' : 'none';
  }
}

/** Whether the screen can be kept on; null where the browser has no such thing. */
export async function canStayAwake(): Promise<boolean | null> {
  const wakeLock = navigator.wakeLock as WakeLock | undefined;
  if (!wakeLock) return null;
  try {
    await (await wakeLock.request('screen')).release();
    return true;
  } catch {
    return false;
  }
}
