import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keptMap } from '../../src/device/kept-map';
import type { Position } from '../../src/domain/wire';
import { KEPT_BYTES, keepMap, keptTile, type Keeping } from '../../src/state/map-keeper';

/** Node has no caches: as much of one as is used here, by address. */
class MemoryCache {
  readonly held = new Map<string, Response>();
  put(address: string, response: Response) { this.held.set(new URL(address, 'https://phone').href, response); return Promise.resolve(); }
  match(address: string) { return Promise.resolve(this.held.get(new URL(address, 'https://phone').href)?.clone()); }
  delete(address: string) { return Promise.resolve(this.held.delete(new URL(address, 'https://phone').href)); }
  keys() { return Promise.resolve([...this.held.keys()].map((url) => ({ url }))); }
}

const caches = new Map<string, MemoryCache>();
beforeEach(() => {
  caches.clear();
  vi.stubGlobal('caches', {
    open: (name: string) => {
      const cache = caches.get(name) ?? new MemoryCache();
      caches.set(name, cache);
      return Promise.resolve(cache);
    },
  });
});
afterEach(() => { vi.unstubAllGlobals(); });

const HERE: Position = [109.39752, 25.2241];
const picture = (bytes: number) => new Blob([new Uint8Array(bytes)]);

function keeping(more: Partial<Keeping> = {}): Keeping & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked, centres: [HERE], base: { note: '影像', max_zoom: 18 },
    tile: (...at) => { asked.push(at.join('/')); return Promise.resolve(picture(1000)); },
    stopped: () => false, told: () => undefined,
    ...more,
  };
}

it('what is kept is not asked for again, and is shown before the server is asked', async () => {
  const about = await keepMap('a', keeping());
  const again = keeping();
  await keepMap('a', again);

  expect(about).toEqual({ note: '影像', max_zoom: 17, tiles: about.wanted, wanted: about.wanted, bytes: 1000 * about.wanted });
  expect(again.asked).toEqual([]);
  expect(await keptMap('a')).toEqual(about);
  expect((await keptTile('a', [17, 105_366, 56_040]))?.size).toBe(1000);
});

it('what no plot of the day asks for is let go of, so days do not add up', async () => {
  await keepMap('a', keeping());
  await keepMap('a', keeping({ centres: [[110, 26]] }));

  expect(await keptTile('a', [17, 105_366, 56_040])).toBeNull();
});

it('it ends at its limit, and says how much it has', async () => {
  const about = await keepMap('a', keeping({ tile: () => Promise.resolve(picture(KEPT_BYTES / 3)) }));

  expect(about.tiles).toBe(3);
  expect(about.bytes).toBeLessThanOrEqual(KEPT_BYTES);
  expect((await keptMap('a'))?.tiles).toBe(3);
});

it('stopped halfway it keeps what came; a lost network leaves the rest for the next time', async () => {
  let told = 0;
  const stopped = await keepMap('a', keeping({ stopped: () => told >= 2, told: (done) => { told = done; } }));
  const lost = await keepMap('b', keeping({ tile: () => Promise.resolve(null) }));

  expect(stopped.tiles).toBeGreaterThanOrEqual(2);
  expect(stopped.tiles).toBeLessThan(stopped.wanted);
  expect(lost).toMatchObject({ tiles: 0, bytes: 0 });
});

it('one account does not see what another keeps', async () => {
  await keepMap('a', keeping());

  expect(await keptMap('b')).toBeNull();
});
