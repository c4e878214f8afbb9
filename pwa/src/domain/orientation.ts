/**
 * Where the rear camera looks, and how far the phone leans, from the angles of the device orientation.
 *
 * Angles are those of the W3C Device Orientation specification, in degrees: alpha about the vertical, beta about the
 * screen's x axis, gamma about its y axis; the device frame is x right, y up along the screen, z out of it.
 */

const RAD = Math.PI / 180;
/** Looking this steeply up or down there is no direction left to name. */
const LEAST_LEVEL = 0.25;

/** Clockwise from north, 0 to 360; null when the camera looks nearly straight up or down. `alpha` is relative to north. */
export function cameraHeadingDeg(alpha: number, beta: number, gamma: number): number | null {
  const [a, b, g] = [alpha * RAD, beta * RAD, gamma * RAD];
  // Source: Device Orientation specification, "worked example": the vector out of the back of the screen.
  const east = -Math.cos(a) * Math.sin(g) - Math.sin(a) * Math.sin(b) * Math.cos(g);
  const north = -Math.sin(a) * Math.sin(g) + Math.cos(a) * Math.sin(b) * Math.cos(g);
  if (Math.hypot(east, north) < LEAST_LEVEL) return null;
  return (Math.atan2(east, north) / RAD + 360) % 360;
}

/** How far the horizon leans on the screen, clockwise, -180 to 180; null when the phone lies flat. */
export function horizonDeg(beta: number, gamma: number, screen_angle: number): number | null {
  const right = -Math.cos(beta * RAD) * Math.sin(gamma * RAD);
  const up = Math.sin(beta * RAD);
  if (Math.hypot(right, up) < LEAST_LEVEL) return null;
  const deg = Math.atan2(right, up) / RAD - screen_angle;
  return ((((deg + 180) % 360) + 360) % 360) - 180;
}

/** Index into the eight directions, north first, clockwise. */
export function eighthOf(heading_deg: number): number {
  return Math.round(heading_deg / 45) % 8;
}
