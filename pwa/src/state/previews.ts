/** Pictures of earlier visits, fetched while there is a network, for the viewfinder where there is none. */

import type { Answer } from '../api';
import { dropPreviews, knownPreviews, openPreviews, previewBytes, putPreview } from '../db/previews';
import type { Ledger, Task } from '../domain/wire';
import { Observable } from './changing';

/** Returned tasks first, then the others: at about 20 KB each these are a few megabytes. */
const MOST = 200;
const LARGEST_BYTES = 200_000;

interface Wanted {
  submission_id: string;
  sha256: string;
}

export function wantedPreviews(tasks: readonly Task[]): Wanted[] {
  const returned = (task: Task) => (task.state === 'returned' ? 0 : 1);
  return [...tasks]
    .sort((a, b) => returned(a) - returned(b))
    .flatMap(({ previous }) => (previous?.photos ?? []).map(({ sha256 }) => ({
      submission_id: previous?.submission_id ?? '', sha256,
    })))
    .slice(0, MOST);
}

export class Previews extends Observable {
  /** Hashes of those that came since the app was opened. */
  readonly arrived = new Set<string>();
  readonly #db;
  #running = false;
  #closed = false;

  constructor(
    user_id: string,
    private readonly get: (submission_id: string, sha256: string) => Promise<Answer<ArrayBuffer>>,
  ) {
    super();
    this.#db = openPreviews(user_id);
  }

  /** Fetch what the tasks want and is not here, one after the other; let go of what no task wants any more. */
  async follow(ledger: Ledger): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      const wanted = wantedPreviews(ledger.tasks);
      const known = new Set(await knownPreviews(this.#db));
      const still = new Set(wanted.map(({ sha256 }) => sha256));
      await dropPreviews(this.#db, [...known].filter((sha256) => !still.has(sha256)));
      for (const { submission_id, sha256 } of wanted) {
        if (this.#closed) return;
        if (known.has(sha256)) continue;
        const { status, body } = await this.get(submission_id, sha256);
        // Nobody answers: the next refresh goes on. One that is not to be had is done without.
        if (status === undefined || status === 401) return;
        if (status !== 200 || !body || body.byteLength > LARGEST_BYTES) continue;
        await putPreview(this.#db, sha256, body);
        this.arrived.add(sha256);
        this.changed();
      }
    } catch {
      // Without the picture there is still the drawing.
    } finally {
      this.#running = false;
    }
  }

  async bytes(sha256: string): Promise<ArrayBuffer | null> {
    try {
      return await previewBytes(this.#db, sha256);
    } catch {
      return null;
    }
  }

  close(): void {
    this.#closed = true;
    this.#db.close();
  }
}
