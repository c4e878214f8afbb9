import { expect, test } from 'vitest';
import type { Answer } from '../../src/api';
import { sha256Hex } from '../../src/domain/bytes';
import { canonicalBytes } from '../../src/domain/manifest';
import type { Attempt } from '../../src/domain/wire';
import { newNote, sendNote, type Note } from '../../src/outbox/note';

const AT = '2026-04-18T02:00:00.000Z';
const attempt: Attempt = {
  task_id: 't', plot_id: 'p', kind: 'absent', reason: '家中无人', attempted_at: AT, clock_offset_ms: null, position: null,
};
const note = (): Note => newNote({ kind: 'attempt', attempt }, 'n', 'p', canonicalBytes(attempt), AT);

async function after(answer: Partial<Answer>): Promise<{ outcome: string; kept: Note }> {
  let kept = note();
  const outcome = await sendNote(kept, {
    put: () => Promise.resolve({ status: undefined, body: null, etag: null, ...answer }),
    save: (changed) => { kept = changed; return Promise.resolve(); },
    now: () => new Date(AT), random: () => 1,
  });
  return { outcome, kept };
}

test('a note rests when the server names its digest', async () => {
  const content_sha256 = await sha256Hex(note().body);
  const { outcome, kept } = await after({ status: 201, body: { id: 'n', content_sha256 } });

  expect([outcome, kept.state, kept.held_at]).toEqual(['held', 'held', AT]);
});

test.each([
  ['a portal that says yes to everything', { status: 200, body: { id: 'n' } }],
  ['another digest', { status: 200, body: { id: 'n', content_sha256: '0'.repeat(64) } }],
  ['nobody', {}],
  ['a server at its limit', { status: 503, body: { code: 'storage_failed' } }],
  ['a refusal by a stranger', { status: 404, body: null }],
])('%s leaves it waiting', async (_name, answer) => {
  const { kept } = await after(answer);

  expect([kept.state, kept.attempt_count]).toEqual(['queued', 1]);
  expect(kept.next_try_at > AT).toBe(true);
});

test('a refused note stays, with the reason', async () => {
  const { kept } = await after({ status: 422, body: { code: 'plot_refused', detail: '不在您的工作区域' } });

  expect([kept.state, kept.failure?.detail]).toEqual(['failed', '不在您的工作区域']);
});

test('an expired session is asked for, and costs no try', async () => {
  const { outcome, kept } = await after({ status: 401, body: { code: 'not_signed_in' } });

  expect([outcome, kept.attempt_count]).toEqual(['sign_in', 0]);
});
