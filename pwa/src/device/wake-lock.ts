/** Keeps the screen on while a walk is recorded: a locked phone gives no fixes. */

export interface Awake {
  /** Whether the screen is held now. */
  held(): boolean;
  /** Ask (again); after the page was hidden the browser has let go. */
  hold(): Promise<void>;
  release(): void;
}

export function screenAwake(): Awake {
  let lock: WakeLockSentinel | null = null;
  let wanted = false;
  return {
    held: () => lock?.released === false,
    async hold() {
      wanted = true;
      const wakeLock = navigator.wakeLock as WakeLock | undefined;
      if (!wakeLock || lock?.released === false) return;
      try {
        lock = await wakeLock.request('screen');
        // Released while the request was under way.
        if (!(wanted as boolean)) await lock.release();
      } catch {
        lock = null;
      }
    },
    release() {
      wanted = false;
      void lock?.release();
      lock = null;
    },
  };
}

/** A short buzz; false where the browser has none, as on an iPhone. */
export function buzz(pattern_ms: number | number[]): boolean {
  return 'vibrate' in navigator && navigator.vibrate(pattern_ms);
}
