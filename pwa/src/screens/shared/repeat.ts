import { useRef } from 'preact/hooks';

/** A gloved or trembling finger touches twice where once was meant. */
const REPEAT_MS = 300;

/** Runs what is given it, but not a second time within a moment: for keys that undo or repeat what they just did. */
export function useOnceATouch(): (run: () => void) => void {
  const last_ms = useRef(-Infinity);
  return (run) => {
    const now_ms = performance.now();
    if (now_ms - last_ms.current < REPEAT_MS) return;
    last_ms.current = now_ms;
    run();
  };
}
