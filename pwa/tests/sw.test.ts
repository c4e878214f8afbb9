/** The service worker's caches over several versions, with a browser of a few lines. */

import { expect, test, vi } from 'vitest';

// Types of a worker and of a page do not go together: read by its path, it is in no program of tsc here.
const WORKER = '../src/sw';

class FakeCaches {
  readonly kept = new Map<string, Map<string, Response>>();
  open(name: string) {
    const cache = this.kept.get(name) ?? new Map<string, Response>();
    this.kept.set(name, cache);
    return Promise.resolve({
      addAll: () => { cache.set('/m/index.html', new Response()); return Promise.resolve(); },
      put: (url: string, response: Response) => { cache.set(url, response); return Promise.resolve(); },
      match: (url: string) => Promise.resolve(cache.get(url)),
      delete: (url: string) => Promise.resolve(cache.delete(url)),
    });
  }
  keys() { return Promise.resolve([...this.kept.keys()]); }
  has(name: string) { return Promise.resolve(this.kept.has(name)); }
  delete(name: string) { return Promise.resolve(this.kept.delete(name)); }
}

/** The worker of a version; the function given back lets one of its events run to its end. */
async function version(revision: string) {
  const listeners = new Map<string, (event: object) => void>();
  vi.stubGlobal('self', {
    addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
    clients: { claim: () => Promise.resolve() },
  });
  vi.stubGlobal('__REVISION__', revision);
  vi.stubGlobal('__PRECACHE__', []);
  vi.resetModules();
  await import(WORKER);
  return async (type: 'install' | 'activate') => {
    let whole: Promise<unknown> = Promise.resolve();
    listeners.get(type)?.({ waitUntil: (work: Promise<unknown>) => { whole = work; } });
    await whole;
  };
}

test('two updates in a row leave an open tab its files: what was never let in is not the version before', async () => {
  const caches = new FakeCaches();
  vi.stubGlobal('caches', caches);
  const [first, never, third, fourth] = [await version('1'), await version('2'), await version('3'), await version('4')];
  await first('install');
  await first('activate');
  await never('install');
  await third('install');

  await third('activate');

  expect([...caches.kept.keys()]).toEqual(['shell-1', 'shell-3']);
  await fourth('install');
  await fourth('activate');
  expect([...caches.kept.keys()]).toEqual(['shell-3', 'shell-4']);
});
