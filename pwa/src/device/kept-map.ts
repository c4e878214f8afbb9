/**
 * The base map as far as it is kept on this phone, in a cache of each account: its tiles under their addresses, and
 * under the address of the map what it is. Where a browser has no caches nothing is kept.
 */

export interface KeptMap {
  note: string;
  max_zoom: number;
  tiles: number;
  bytes: number;
  /** How many tiles the plots of that day asked for. */
  wanted: number;
}

const ABOUT = '/api/tiles';

const nameOf = (user_id: string) => `map-${user_id}`;

export const addressOf = (z: number, x: number, y: number) => `${ABOUT}/${z}/${x}/${y}`;

export function openMap(user_id: string): Promise<Cache> {
  return caches.open(nameOf(user_id));
}

export async function keptMap(user_id: string): Promise<KeptMap | null> {
  try {
    const about = await (await openMap(user_id)).match(ABOUT);
    return about ? ((await about.json()) as KeptMap) : null;
  } catch {
    return null;
  }
}

export function noteMap(cache: Cache, about: KeptMap): Promise<void> {
  return cache.put(ABOUT, new Response(JSON.stringify(about), { headers: { 'Content-Type': 'application/json' } }));
}

export async function forgetMap(user_id: string): Promise<void> {
  await caches.delete(nameOf(user_id));
}
