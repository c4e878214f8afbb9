/** Being woken when the network is back, where the browser does that (Background Sync, Chromium only). */

export const SYNC_TAG = 'yanshou-outbox';

interface SyncManager {
  register(tag: string): Promise<void>;
}

/** Ask to be woken. Nothing is relied on it: the open page sends by itself. */
export async function askToBeWoken(): Promise<void> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const registration = await container?.getRegistration('/m/');
  await (registration as { sync?: SyncManager } | undefined)?.sync?.register(SYNC_TAG);
}
