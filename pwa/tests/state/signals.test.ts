import { afterEach, expect, test, vi } from 'vitest';
import { signals } from '../../src/state/signals';

const did: string[] = [];

class Context {
  state = 'running';
  currentTime = 0;
  resume() { return Promise.resolve(); }
  createGain() { return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} }; }
  createOscillator() { return { frequency: { value: 0 }, connect() {}, start() { did.push('tone'); }, stop() {} }; }
}

/** Tap one tree on a phone with or without a motor; what it did. */
function tapped(motor: boolean, soundWanted: boolean): string[] {
  vi.stubGlobal('navigator', motor ? { vibrate: (ms: number) => did.push(`buzz ${ms}`) > 0 } : {});
  vi.stubGlobal('AudioContext', Context);
  signals(() => soundWanted).tree();
  return did.splice(0);
}

afterEach(() => { vi.unstubAllGlobals(); });

test('a tree is felt where the phone can buzz, heard where it cannot, and neither where sound is off', () => {
  expect(tapped(true, true)).toEqual(['buzz 15']);
  expect(tapped(false, true)).toEqual(['tone']);
  expect(tapped(false, false)).toEqual([]);
});
