/**
 * The service worker: it keeps the app shell, so the app opens without a network. No more.
 *
 * A new version is fetched whole beside the old one and waits; the page asks for the change when no capture is open.
 */

declare const __PRECACHE__: string[];
declare const __SHELL__: string;
declare const __REVISION__: string;

const worker = self as unknown as ServiceWorkerGlobalScope;

const PREFIX = 'shell-';
const NAME = PREFIX + __REVISION__;

async function keep(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll(__PRECACHE__.map((url) => new Request(url, { cache: 'reload' })));
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  await worker.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  const kept = await cache.match(request.mode === 'navigate' ? __SHELL__ : request, { ignoreSearch: true });
  return kept ?? fetch(request);
}

worker.addEventListener('install', (event) => { event.waitUntil(keep()); });
worker.addEventListener('activate', (event) => { event.waitUntil(takeOver()); });
worker.addEventListener('message', (event) => {
  if (event.data === 'take-over') void worker.skipWaiting();
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== worker.location.origin || !pathname.startsWith('/m/')) return;
  event.respondWith(answer(request));
});
