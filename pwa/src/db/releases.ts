/** Giving up a local copy: the only place where evidence leaves the phone's store. Each release leaves a trace. */

import type { OutboxItem } from '../outbox/item';
import type { AccountDb, Release } from './schema';

export async function allReleases(db: AccountDb): Promise<Release[]> {
  const releases = await db.all('releases');
  return releases.sort((a, b) => (a.released_at < b.released_at ? 1 : -1));
}

/**
 * Remove the copy of a received submission and write down that it was done, in one transaction.
 *
 * Does nothing and returns false unless the stored item is still the received one this release is about.
 */
export async function releaseItem(db: AccountDb, item: OutboxItem, release: Release): Promise<boolean> {
  const { submission_id } = item;
  return db.write(
    ['outbox', 'captures', 'fixes', 'photos', 'photo_bytes', 'photo_thumbs', 'releases'],
    async (tx) => {
      const stored = await tx.objectStore('outbox').get(submission_id);
      if (stored?.state !== 'received' || stored.content_sha256 !== release.content_sha256) return false;
      await tx.objectStore('releases').put(release);
      const mine = IDBKeyRange.bound([submission_id], [submission_id, []]);
      for (const photo of await tx.objectStore('photos').getAll(mine)) {
        await tx.objectStore('photo_bytes').delete(photo.id);
        await tx.objectStore('photo_thumbs').delete(photo.id);
      }
      await tx.objectStore('photos').delete(mine);
      await tx.objectStore('fixes').delete(mine);
      await tx.objectStore('captures').delete(submission_id);
      await tx.objectStore('outbox').delete(submission_id);
      return true;
    },
  );
}
