import { afterEach, beforeEach, expect, test, vi } from 'vitest';

/** A context that does as a browser's: it sounds only while it runs. */
class Context {
  static one: Context;
  state = 'suspended';
  currentTime = 0;
  tones = 0;
  /** How long the phone takes to power its loudspeaker. */
  wakes_ms = 0;
  /** A call has taken the sound. */
  taken = false;
  constructor() { Context.one = this; }
  resume() {
    if (this.taken) return Promise.reject(new Error('taken'));
    return new Promise<void>((done) => setTimeout(() => {
      this.state = 'running';
      done();
    }, this.wakes_ms));
  }
  suspend() {
    if (this.taken) return Promise.reject(new Error('taken'));
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

test('while a call has the sound, nothing sounds and nothing goes wrong', async () => {
  const { tone, wakeSound } = await import('../../src/device/sound');
  wakeSound();
  await vi.advanceTimersByTimeAsync(6_000);
  Context.one.taken = true;
  wakeSound();
  tone(880, 30);
  // A promise that nobody listens to would fail this run.
  await vi.advanceTimersByTimeAsync(6_000);
  expect(Context.one.tones).toBe(0);

  Context.one.taken = false;
  tone(880, 30);
  await vi.advanceTimersByTimeAsync(0);
  expect(Context.one.tones).toBe(1);
});
