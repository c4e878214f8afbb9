/** Short tones. A browser lets a page sound only after a tap, so the first call must come from one. */

let context: AudioContext | null = null;

/** To be called in a tap. */
export function wakeSound(): void {
  try {
    context ??= new AudioContext();
    void context.resume();
  } catch {
    // A phone that cannot sound still buzzes and shows.
    context = null;
  }
}

/** One tone, so many milliseconds from now; silent until `wakeSound`. */
export function tone(frequency_hz: number, length_ms: number, after_ms = 0): void {
  if (context?.state !== 'running') return;
  const from_s = context.currentTime + after_ms / 1000;
  const to_s = from_s + length_ms / 1000;
  const volume = context.createGain();
  // A tone cut off at full height clicks.
  volume.gain.setValueAtTime(0.25, from_s);
  volume.gain.exponentialRampToValueAtTime(0.001, to_s);
  volume.connect(context.destination);
  const oscillator = context.createOscillator();
  oscillator.frequency.value = frequency_hz;
  oscillator.connect(volume);
  oscillator.start(from_s);
  oscillator.stop(to_s);
}
