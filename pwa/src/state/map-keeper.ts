/**
 * Keeps the base map around the plots of a day for work without a network. It comes with the map, and not before:
 * whoever never uses a map loads none of it.
 */

import { addressOf, noteMap, openMap, type KeptMap } from '../device/kept-map';
import { tilesAround, type TileAt } from '../domain/map-tiles';
import type { Position } from '../domain/wire';

export const KEPT_BYTES = 8_000_000;
const MIN_ZOOM = 14;
const MAX_ZOOM = 17;
const LANES = 4;

export interface Keeping {
  centres: readonly Position[];
  base: { note: string; max_zoom: number };
  tile: (z: number, x: number, y: number) => Promise<Blob | null>;
  stopped: () => boolean;
  told: (done: number, wanted: number) => void;
}

/** A kept tile; null where there is none. */
export async function keptTile(user_id: string, at: TileAt): Promise<Blob | null> {
  try {
    const kept = await (await openMap(user_id)).match(addressOf(...at));
    return kept ? await kept.blob() : null;
  } catch {
    return null;
  }
}

/** Keep what is not kept yet, and let go of what no plot of the day asks for. Ends early when stopped, or full. */
export async function keepMap(user_id: string, { centres, base, tile, stopped, told }: Keeping): Promise<KeptMap> {
  const max_zoom = Math.min(base.max_zoom, MAX_ZOOM);
  const wanted = tilesAround(centres, Math.min(MIN_ZOOM, max_zoom), max_zoom);
  const cache = await openMap(user_id);
  const about: KeptMap = { note: base.note, max_zoom, tiles: 0, bytes: 0, wanted: wanted.length };
  const addresses = new Set(wanted.map((at) => addressOf(...at)));
  for (const { url } of await cache.keys()) {
    if (!addresses.has(new URL(url).pathname)) await cache.delete(url);
  }
  // Told first: what is kept can be seen even if the app is closed halfway.
  await noteMap(cache, about);
  let next = 0;
  let full = false;
  const lane = async () => {
    for (let at = wanted[next++]; at && !full && !stopped(); at = wanted[next++]) {
      const kept = await keptTile(user_id, at);
      const blob = kept ?? await tile(...at);
      if (!blob) continue;
      if (about.bytes + blob.size > KEPT_BYTES) {
        full = true;
        break;
      }
      about.bytes += blob.size;
      if (!kept) await cache.put(addressOf(...at), new Response(blob));
      about.tiles += 1;
      told(about.tiles, wanted.length);
    }
  };
  // A full disk refuses what is put: what came before it is kept all the same.
  await Promise.allSettled(Array.from({ length: LANES }, lane));
  await noteMap(cache, about);
  return about;
}

/**
 * Put the files of the map itself beside the shell, where the service worker looks; after an update they are others.
 *
 * @returns whether the map will open without a network.
 */
export async function keepProgram(): Promise<boolean> {
  const style = document.querySelector<HTMLLinkElement>('link[rel=stylesheet][href*="/assets/map-"]');
  const files = [import.meta.url, ...(style ? [style.href] : [])];
  try {
    const shell = (await caches.keys()).filter((name) => name.startsWith('shell-')).pop();
    if (shell === undefined) return false;
    const missing = await Promise.all(files.map(async (file) => ((await caches.match(file)) ? [] : [file])));
    await (await caches.open(shell)).addAll(missing.flat());
    return true;
  } catch {
    return false;
  }
}
