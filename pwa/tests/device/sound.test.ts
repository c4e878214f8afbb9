import { afterEach, beforeEach, expect, test, vi } from 'vitest';

/** A context that does as a browser's: it sounds only while it runs. */
class Context {
  static one: Context;
  state = 'suspended';
  currentTime = 0;
  tones = 0;
  /** How long the phone takes to power its loudspeaker. */
  wakes_ms = 0;
  constructor() { Context.one = this; }
  resume() {
    return new Promise<void>((done) => setTimeout(() => {
      this.state = 'running';
      done();
    }, this.wakes_ms));
  }
  suspend() {
    this.state = 'suspended';
    return Promise.resolve();
  }
  createGain() { return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} }; }
  createOscillator() {
    return { frequency: { value: 0 }, connect() {}, start: () => { this.tones += 1; }, stop() {} };
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('AudioContext', Context);
  vi.resetModules();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('before the first tap nothing sounds', async () => {
  const { tone } = await import('../../src/device/sound');
  tone(880, 30);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Context.one).toBeUndefined();
});

test('some seconds after the last tone the loudspeaker rests, and the next tone wakes it', async () => {
  const { tone, wakeSound } = await import('../../src/device/sound');
  wakeSound();
  await vi.advanceTimersByTimeAsync(4_000);
  tone(880, 30);
  await vi.advanceTimersByTimeAsync(4_000);
  expect([Context.one.state, Context.one.tones]).toEqual(['running', 1]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(Context.one.state).toBe('suspended');

  tone(880, 30);
  await vi.advanceTimersByTimeAsync(0);
  expect([Context.one.state, Context.one.tones]).toEqual(['running', 2]);
});

test('a tone that would come seconds late is left out', async () => {
  const { tone, wakeSound } = await import('../../src/device/sound');
  wakeSound();
  await vi.advanceTimersByTimeAsync(6_000);
  Context.one.wakes_ms = 3_000;
  tone(880, 30);
  await vi.advanceTimersByTimeAsync(4_000);
  expect([Context.one.state, Context.one.tones]).toEqual(['running', 0]);
});
