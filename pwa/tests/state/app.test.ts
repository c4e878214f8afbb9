/** What a start of the app takes over from the one before. */

import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
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

describe('a phone that was signed in and has stored no ledger', () => {
  const ledger = { tasks: [], plots: [], households: [], regions: [], programme: {}, backup_watermark: null };
  const cut = () => { throw new TypeError('cut'); };
  const asked: string[] = [];
  let answers: () => Response;

  beforeEach(async () => {
    asked.length = 0;
    answers = () => Response.json(ledger);
    Object.assign(document, { visibilityState: 'visible' });
    vi.stubGlobal('fetch', (path: string) => {
      asked.push(path);
      if (path === '/api/ledger') return Promise.resolve(answers());
      return Promise.resolve(Response.json({ code: 'not_here' }, { status: 503 }));
    });
    await new DeviceStore().putSignedIn({
      token: 't', expires_at: '', user: { id: 'u', name: 'u', display_name: 'U', grants: [] }, receipt_keys: [], sign_in_again: false,
    });
  });

  async function inTouch(app: App): Promise<number> {
    const before = asked.length;
    await app.keepInTouch(true);
    return asked.slice(before).filter((path) => path === '/api/ledger').length;
  }

  test('fetches it by itself at the next start, and keeps it', async () => {
    expect(await inTouch(await started())).toBe(1);

    const again = await started();
    expect(again.account?.ledger?.tasks).toEqual([]);
    expect(await inTouch(again)).toBe(0);
  });

  test('asks anew after an answer that was cut', async () => {
    answers = cut;
    const app = await started();
    expect(await inTouch(app)).toBe(1);
    expect(app.account?.refreshed).toBe('no_answer');

    answers = () => Response.json(ledger);
    await inTouch(app);

    expect(app.account?.ledger?.tasks).toEqual([]);
  });

  test('does not ask for it as long as nobody answers at all', async () => {
    vi.stubGlobal('fetch', (path: string) => {
      asked.push(path);
      return cut();
    });

    expect(await inTouch(await started())).toBe(0);
  });

  test('takes a refusal for what it is until the next start', async () => {
    answers = () => Response.json({ code: 'forbidden' }, { status: 403 });
    const app = await started();

    expect(await inTouch(app)).toBe(1);
    expect(await inTouch(app)).toBe(0);
    expect(await inTouch(await started())).toBe(1);
  });

  test('works with one that its store does not take', async () => {
    const app = await started();
    if (app.account) vi.spyOn(app.account.db, 'write').mockRejectedValue(new DOMException('full', 'QuotaExceededError'));

    await inTouch(app);

    expect(app.account?.ledger?.tasks).toEqual([]);
    expect(app.account?.refreshing).toBe(false);
  });
});
