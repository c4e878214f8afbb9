/** What this browser is, as far as it decides whether work can begin here. */

/** wechat: a browser inside a messenger; old: no offline storage; insecure: an address without https. */
export type Hindrance = 'wechat' | 'old' | 'insecure';

/** Messengers wipe what a page stores together with their own cache. */
export function insideMessenger(agent: string): boolean {
  return /MicroMessenger|wxwork|DingTalk|QQ\//i.test(agent);
}

export function isApple(agent: string): boolean {
  return /iPhone|iPad|iPod/.test(agent);
}

/** Whether the app was opened from the home screen. */
export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone)').matches || (navigator as Navigator & { standalone?: boolean }).standalone === true;
}

export function hindranceToCapture(): Hindrance | null {
  if (insideMessenger(navigator.userAgent)) return 'wechat';
  if (!isSecureContext) return 'insecure';
  // The last two came with the versions the app is built for (vite.config.ts), and stand for all that came with them.
  const there = 'serviceWorker' in navigator && 'indexedDB' in window && 'subtle' in crypto &&
    'randomUUID' in crypto && typeof HTMLDialogElement === 'function';
  return there ? null : 'old';
}
