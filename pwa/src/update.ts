/** The service worker's life seen from the page: a new version waits until the inspector lets it in. */

import { captureOpenSomewhere } from './device/tabs';

/**
 * `onWaiting` gets the function that lets the new version in. It gives false, and does nothing, while a capture is
 * open in any tab: that page runs the old version and would lose its database to the new one.
 */
export function followUpdates(onWaiting: (takeOver: () => Promise<boolean>) => void): void {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!container || import.meta.env.DEV) return;
  let asked = false;
  let controlled = container.controller !== null;
  const reload = async () => {
    if (await captureOpenSomewhere()) return false;
    location.reload();
    return true;
  };
  const changed = async () => {
    // It may have taken the new version a while to come in, and a capture may have been begun since.
    const done = asked && (await reload());
    // Let in by another tab: this page goes on with its own files, until the inspector draws it anew. The very first
    // worker takes control of a page that is as new as itself.
    if (!done && controlled) onWaiting(reload);
    asked = false;
    controlled = true;
  };
  container.addEventListener('controllerchange', () => void changed());
  void container.register('/m/sw.js', { scope: '/m/', updateViaCache: 'none' }).then((registration) => {
    const look = () => {
      const { waiting } = registration;
      if (waiting && container.controller) {
        onWaiting(async () => {
          if (await captureOpenSomewhere()) return false;
          asked = true;
          // A new version comes in only when nothing of the old one's sending is under way.
          registration.active?.postMessage('step-aside');
          waiting.postMessage('take-over');
          return true;
        });
      }
    };
    const follow = () => { registration.installing?.addEventListener('statechange', look); };
    look();
    // It may have begun before anybody listened.
    follow();
    registration.addEventListener('updatefound', follow);
    setInterval(() => void registration.update().catch(() => undefined), 60 * 60_000);
  }, () => undefined);
}
