/** Reading the server's answers: what counts as an answer about exactly our bytes, and what a stranger said. */

import type { Answer } from '../api';
import type { Quarantined, SubmissionStatus } from '../domain/wire';
import type { OutboxItem } from './item';
import { judge } from './judge';
import { Stop } from './stop';

export function detailOf(answer: Answer): string {
  const body = answer.body as { detail?: unknown; title?: unknown } | null;
  const words = body?.detail ?? body?.title;
  return typeof words === 'string' ? words : '';
}

export function codeOf(answer: Answer): unknown {
  return (answer.body as { code?: unknown } | null)?.code;
}

/** Whether the server holds our bytes, or what a person at the desk made of them. */
export function isAbout(held: { content_sha256?: unknown; mended_from?: unknown }, content_sha256: string): boolean {
  return held.content_sha256 === content_sha256 || held.mended_from === content_sha256;
}

/** A status about this submission, whatever bytes the server holds of it. */
export function statusAbout(answer: Answer, item: OutboxItem): SubmissionStatus | null {
  const body = answer.body as Partial<SubmissionStatus> | null;
  return body !== null &&
    typeof body === 'object' &&
    body.submission_id === item.submission_id &&
    typeof body.content_sha256 === 'string' &&
    Array.isArray(body.missing) &&
    typeof body.receipt === 'string'
    ? (body as SubmissionStatus)
    : null;
}

/** The status in an answer, about exactly our bytes. Throws Stop with the reason why there is none. */
export function expectStatus(answer: Answer, item: OutboxItem): SubmissionStatus {
  switch (judge(answer.status)) {
    case 'held': {
      const status = statusAbout(answer, item);
      if (!status || !isAbout(status, item.content_sha256)) throw new Stop('no_answer');
      return status;
    }
    case 'set_aside': {
      const body = answer.body as Partial<Quarantined> | null;
      if (body?.submission_id !== item.submission_id) throw new Stop('no_answer');
      throw new Stop(body.rejected ? 'refused' : 'quarantined', detailOf(answer));
    }
    case 'sign_in':
      throw new Stop('sign_in', detailOf(answer));
    case 'retry':
      throw new Stop(answer.status === undefined || answer.status < 400 ? 'no_answer' : 'busy', detailOf(answer));
    case 'refused':
      // A refusal that is no problem document comes from a proxy or a portal, not from the server.
      if (codeOf(answer) === undefined) throw new Stop('no_answer');
      throw new Stop(answer.status === 409 ? 'conflict' : 'refused', detailOf(answer));
  }
}
