/**
 * Small things that are sent besides submissions: a visit without an inspection, a plot no list has. Each is frozen
 * when it is made and sent, as the same bytes, until the server names its digest; a refused one stays with its reason.
 */

import type { Answer } from '../api';
import { sha256Hex } from '../domain/bytes';
import type { Attempt, Household, Plot, Task } from '../domain/wire';
import { codeOf, detailOf } from './answers';
import type { Failure } from './item';
import { judge, waitMs } from './judge';

/** A plot found in the field, as the screens need it until the ledger has it. */
export interface FoundPlot {
  household: Household;
  plot: Plot;
  task: Task;
}

export type About = { kind: 'attempt'; attempt: Attempt } | { kind: 'plot'; found: FoundPlot };

export type Note = About & {
  id: string;
  plot_id: string;
  created_at: string;
  /** Exactly the bytes sent, each time. */
  body: ArrayBuffer;
  /** held: the server has named our digest as its own; failed: refused, a person must look. */
  state: 'queued' | 'held' | 'failed';
  attempt_count: number;
  next_try_at: string;
  failure: Failure | null;
  held_at: string | null;
};

export interface NoteOutside {
  put(note: Note): Promise<Answer>;
  save(note: Note): Promise<void>;
  now(): Date;
  random(): number;
}

export type NoteOutcome = 'held' | 'sign_in' | 'no_answer' | 'later';

/** Try one note. A stranger's answer (a captive portal's 200) names no digest, and so counts as none. */
export async function sendNote(note: Note, outside: NoteOutside): Promise<NoteOutcome> {
  const answer = await outside.put(note);
  const at = outside.now();
  const judgement = judge(answer.status);
  const held = answer.body as { id?: unknown; content_sha256?: unknown } | null;
  if (judgement === 'held' && held?.id === note.id && held.content_sha256 === (await sha256Hex(note.body))) {
    await outside.save({ ...note, state: 'held', held_at: at.toISOString(), failure: null });
    return 'held';
  }
  if (judgement === 'sign_in') return 'sign_in';
  if (judgement === 'refused' && codeOf(answer) !== undefined) {
    const kind = answer.status === 409 ? 'conflict' : 'refused';
    await outside.save({ ...note, state: 'failed', failure: { kind, detail: detailOf(answer), at: at.toISOString() } });
    return 'later';
  }
  const attempt_count = note.attempt_count + 1;
  const silent = answer.status === undefined || answer.status < 400;
  await outside.save({
    ...note, attempt_count,
    next_try_at: new Date(at.getTime() + waitMs(attempt_count, () => outside.random())).toISOString(),
    failure: { kind: silent ? 'no_answer' : 'busy', detail: detailOf(answer), at: at.toISOString() },
  });
  return silent ? 'no_answer' : 'later';
}

/** A note as it is frozen. */
export function newNote(about: About, id: string, plot_id: string, body: ArrayBuffer, at: string): Note {
  return {
    ...about, id, plot_id, created_at: at, body, state: 'queued', attempt_count: 0, next_try_at: at, failure: null, held_at: null,
  };
}
