/** How steep the ground is, by the phone's own sense of down: it lies flat on the slope. */

export interface Inclinometer {
  /** Whether the browser has the sensor's events at all. */
  available(): boolean;
  /** Called inside a tap: iOS asks the user. False when it was refused. */
  allow(): Promise<boolean>;
  /** Degrees from level, several times a second, until the returned function is called. */
  watch(onTilt: (tilt_deg: number) => void): () => void;
}

interface AskingConstructor {
  requestPermission?: () => Promise<'granted' | 'denied'>;
}

const RADIANS = Math.PI / 180;

/** The angle between the screen and level ground, from the turns about its two axes. */
export function tiltDeg(beta_deg: number, gamma_deg: number): number {
  const level = Math.cos(beta_deg * RADIANS) * Math.cos(gamma_deg * RADIANS);
  const tilt_deg = Math.acos(Math.min(1, Math.max(-1, level))) / RADIANS;
  // Face down it is as steep as face up.
  return tilt_deg > 90 ? 180 - tilt_deg : tilt_deg;
}

export const phoneInclinometer: Inclinometer = {
  available: () => 'DeviceOrientationEvent' in window,
  async allow() {
    const { requestPermission } = DeviceOrientationEvent as unknown as AskingConstructor;
    if (!requestPermission) return true;
    try {
      return (await requestPermission.call(DeviceOrientationEvent)) === 'granted';
    } catch {
      return false;
    }
  },
  watch(onTilt) {
    const heard = ({ beta, gamma }: DeviceOrientationEvent) => {
      if (beta !== null && gamma !== null) onTilt(tiltDeg(beta, gamma));
    };
    window.addEventListener('deviceorientation', heard);
    return () => { window.removeEventListener('deviceorientation', heard); };
  },
};
