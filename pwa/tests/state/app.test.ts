/** What a start of the app takes over from the one before. */

import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DeviceStore } from '../../src/db/device';
import { App } from '../../src/state/app';

let hide: () => void;

beforeEach(() => {
  indexedDB = new IDBFactory();
  hide = () => undefined;
  const deaf = { addEventListener: () => undefined };
  vi.stubGlobal('navigator', { userAgent: '' });
  vi.stubGlobal('window', deaf);
  vi.stubGlobal('document', {
    cookie: '', visibilityState: 'hidden', documentElement: { classList: { toggle: () => undefined } },
    addEventListener: (_type: string, listener: () => void) => { hide = listener; },
  });
  vi.stubGlobal('location', { protocol: 'https:' });
  vi.stubGlobal('setInterval', () => 0);
});
afterEach(() => { vi.unstubAllGlobals(); });

async function started(): Promise<App> {
  const app = new App();
  await app.start();
  return app;
}

test('the offset of the clock outlives the app', async () => {
  const device = new DeviceStore();
  await device.putClockOffsetMs(90_000);
  await device.putSeenMs(Date.now() - 60_000);

  expect((await started()).clock_offset_ms).toBe(90_000);
});

test('a clock set back while the app was closed makes the offset unknown, until the server is heard, not until the next start', async () => {
  const device = new DeviceStore();
  await device.putClockOffsetMs(90_000);
  await device.putSeenMs(Date.now() + 8 * 60 * 60_000);

  expect((await started()).clock_offset_ms).toBeNull();
  await device.putSeenMs(Date.now() - 1);
  expect((await started()).clock_offset_ms).toBeNull();
});

test('a clock set while the app was open is not taken for right at the next start', async () => {
  const device = new DeviceStore();
  await device.putClockOffsetMs(0);
  await started();
  const set = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 20 * 60_000);

  hide();

  await vi.waitFor(async () => { expect(await device.clockOffsetMs()).toBeCloseTo(-20 * 60_000, -4); });
  set.mockRestore();
});
