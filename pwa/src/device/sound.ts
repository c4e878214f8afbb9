/** Short tones. A browser lets a page sound only after a tap, so the first call must come from one. */

// A context that runs keeps the phone's loudspeaker powered, if nobody ends it for the whole visit.
const REST_AFTER_MS = 5_000;
// What sounds later than this tells of something else than what happens.
const LATE_MS = 500;

let context: AudioContext | null = null;
let rest: ReturnType<typeof setTimeout> | undefined;

/** To be called in a tap. */
export function wakeSound(): void {
  try {
    context ??= new AudioContext();
    void context.resume().catch(silent);
    restLater(context);
  } catch {
    // A phone that cannot sound still buzzes and shows.
    context = null;
  }
}

/** One tone, so many milliseconds from now; silent until `wakeSound`. */
export function tone(frequency_hz: number, length_ms: number, after_ms = 0): void {
  const sounding = context;
  if (!sounding) return;
  const asked_ms = performance.now();
  const sound = () => {
    if (performance.now() - asked_ms < LATE_MS) play(sounding, frequency_hz, length_ms, after_ms);
  };
  // One that rests is woken; one that a call has taken the sound from refuses.
  if (sounding.state === 'running') sound();
  else void sounding.resume().then(sound, silent);
  restLater(sounding);
}

function play(sounding: AudioContext, frequency_hz: number, length_ms: number, after_ms: number): void {
  const from_s = sounding.currentTime + after_ms / 1000;
  const to_s = from_s + length_ms / 1000;
  const volume = sounding.createGain();
  // A tone cut off at full height clicks.
  volume.gain.setValueAtTime(0.25, from_s);
  volume.gain.exponentialRampToValueAtTime(0.001, to_s);
  volume.connect(sounding.destination);
  const oscillator = sounding.createOscillator();
  oscillator.frequency.value = frequency_hz;
  oscillator.connect(volume);
  oscillator.start(from_s);
  oscillator.stop(to_s);
}

function restLater(sounding: AudioContext): void {
  clearTimeout(rest);
  rest = setTimeout(() => void sounding.suspend().catch(silent), REST_AFTER_MS);
}

// A phone whose sound another app holds refuses both: there is nothing to be done about it, or to be said.
function silent(): void {}
