/** How long the phone will last. Only some browsers tell. */

export interface Battery {
  /** 0 to 1. */
  level: number;
  charging: boolean;
}

export async function battery(): Promise<Battery | null> {
  const asked = navigator as Navigator & { getBattery?: () => Promise<Battery> };
  try {
    return (await asked.getBattery?.()) ?? null;
  } catch {
    return null;
  }
}
