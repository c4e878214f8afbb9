/**
 * The service worker: it keeps the app shell, so the app opens without a network, and sends what waits when the
 * browser wakes it.
 *
 * A new version is fetched whole beside the old one and waits; the page asks for the change when no capture is open.
 * The version before stays too: a page that still runs it goes on opening its screens.
 */

import { SYNC_TAG } from './device/background-sync';
import { sendInBackground } from './state/background';

declare const __PRECACHE__: string[];
declare const __SHELL__: string;
declare const __REVISION__: string;

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

const worker = self as unknown as ServiceWorkerGlobalScope;

const PREFIX = 'shell-';
const NAME = PREFIX + __REVISION__;

/** Stands in the cache of a version until it is let in. */
const NOT_LET_IN = '/m/not-let-in';

/** Told to step aside: a new version is let in only when this one has come to rest. */
const leaving = new AbortController();

/** The kept versions but this one, oldest first. */
async function others(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
}

async function keep(): Promise<void> {
  const known = await caches.has(NAME);
  const cache = await caches.open(NAME);
  try {
    if (!known) await cache.put(NOT_LET_IN, new Response());
    await cache.addAll(__PRECACHE__.map((url) => new Request(url, { cache: 'reload' })));
  } catch (error) {
    // Not whole is no version: it must not count as the one before.
    if (!known) await caches.delete(NAME);
    throw error;
  }
}

async function takeOver(): Promise<void> {
  await (await caches.open(NAME)).delete(NOT_LET_IN);
  const ran: string[] = [];
  for (const name of await others()) {
    // No page ever ran it, so it is not the one before.
    if (await (await caches.open(name)).match(NOT_LET_IN)) await caches.delete(name);
    else ran.push(name);
  }
  for (const name of ran.slice(0, -1)) await caches.delete(name);
  await worker.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const wanted = request.mode === 'navigate' ? __SHELL__ : request;
  for (const name of [NAME, ...(await others()).reverse()]) {
    const kept = await (await caches.open(name)).match(wanted, { ignoreSearch: true });
    if (kept) return kept;
  }
  return fetch(request);
}

async function wokenUp(): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window' });
  // The page in view sends by itself, and shows it.
  if (pages.some((page) => page.visibilityState === 'visible')) return;
  if (!(await sendInBackground(leaving.signal))) throw new Error('some of it still waits');
}

worker.addEventListener('install', (event) => { event.waitUntil(keep()); });
worker.addEventListener('activate', (event) => { event.waitUntil(takeOver()); });
worker.addEventListener('sync', (event) => {
  const { tag } = event as SyncEvent;
  if (tag === SYNC_TAG) (event as SyncEvent).waitUntil(wokenUp());
});
worker.addEventListener('message', (event) => {
  if (event.data === 'take-over') void worker.skipWaiting();
  if (event.data === 'step-aside') leaving.abort();
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== worker.location.origin || !pathname.startsWith('/m/')) return;
  event.respondWith(answer(request));
});
