/** How the phone is held: where the camera looks, and how the horizon leans. Not every phone says. */

import { cameraHeadingDeg, horizonDeg } from '../domain/orientation';

export interface Held {
  heading_deg: number | null;
  horizon_deg: number | null;
}

/** iOS gives the compass in a member of its own. */
type CompassEvent = DeviceOrientationEvent & { webkitCompassHeading?: number };
type Asking = { requestPermission?: () => Promise<string> };

/** iOS asks the person, and only during a tap; elsewhere there is nothing to ask. */
export function askForOrientation(): void {
  if (!('DeviceOrientationEvent' in window)) return;
  void (DeviceOrientationEvent as unknown as Asking).requestPermission?.().catch(() => undefined);
}

function heldAs(event: CompassEvent): Held {
  const { alpha, beta, gamma, absolute, webkitCompassHeading } = event;
  if (beta === null || gamma === null) return { heading_deg: null, horizon_deg: null };
  const compass = webkitCompassHeading ?? null;
  const to_north = compass !== null && compass >= 0 ? 360 - compass : absolute ? alpha : null;
  return {
    heading_deg: to_north === null ? null : cameraHeadingDeg(to_north, beta, gamma),
    // Safari has had `screen.orientation` since 16.4; the phone's screen is upright else.
    horizon_deg: horizonDeg(beta, gamma, (screen.orientation as ScreenOrientation | undefined)?.angle ?? 0),
  };
}

/** Listen until the returned function is called. */
export function watchOrientation(listener: (held: Held) => void): () => void {
  // Chrome says where north is in an event of its own; the other one begins at a direction of its choice there.
  const name = 'ondeviceorientationabsolute' in window ? 'deviceorientationabsolute' : 'deviceorientation';
  const on = (event: Event) => { listener(heldAs(event as CompassEvent)); };
  window.addEventListener(name, on);
  return () => { window.removeEventListener(name, on); };
}
