/** Letting a new version in, as the page sees it. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followUpdates } from '../src/update';

let open: string[];
let reloads: number;
let told: string[];
let takeOver: (() => Promise<boolean>) | null;
let container: EventTarget;

const settle = () => new Promise((resolve) => { setTimeout(resolve); });
const letIn = async () => {
  container.dispatchEvent(new Event('controllerchange'));
  await settle();
};

beforeEach(async () => {
  [open, reloads, told, takeOver] = [[], 0, [], null];
  const worker = (name: string) => ({ postMessage: (message: string) => told.push(`${name}: ${message}`) });
  const registration = Object.assign(new EventTarget(), { active: worker('old'), waiting: worker('new'), installing: null });
  container = Object.assign(new EventTarget(), { controller: registration.active, register: () => Promise.resolve(registration) });
  vi.stubEnv('DEV', false);
  vi.stubGlobal('setInterval', () => 0);
  vi.stubGlobal('location', { reload: () => { reloads += 1; } });
  vi.stubGlobal('navigator', {
    serviceWorker: container,
    locks: { query: () => Promise.resolve({ held: open.map((name) => ({ name })) }) },
  });
  followUpdates((run) => { takeOver = run; });
  await settle();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

test('the old worker is told to step aside before the new one is let in', async () => {
  expect(await takeOver?.()).toBe(true);

  expect(told).toEqual(['old: step-aside', 'new: take-over']);
  await letIn();
  expect(reloads).toBe(1);
});

test('a capture begun while the new version was coming in is not cut short: the notice is there again', async () => {
  await takeOver?.();
  takeOver = null;
  open = ['yanshou-capture-c1'];

  await letIn();

  expect(reloads).toBe(0);
  const again = takeOver as (() => Promise<boolean>) | null;
  expect(await again?.()).toBe(false);
  open = [];
  expect(await again?.()).toBe(true);
  expect(reloads).toBe(1);
});
