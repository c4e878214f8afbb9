/** What counts as the server's answer. */

import { afterEach, expect, test, vi } from 'vitest';
import { Api } from '../src/api';
import type { OutboxPhoto } from '../src/outbox/item';

const contacts: boolean[] = [];
const api = new Api({
  token: () => 'a', language: () => 'zh-CN', onClockOffset: () => undefined, onContact: (answered) => contacts.push(answered),
});
const PHOTO: OutboxPhoto = { photo_id: 'p', sha256: 'f', kind: 'tree', size_bytes: 4, media_type: 'image/jpeg' };
const json = (status: number, body: object) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/problem+json' } });

/** Whoever stands at the other end answers HEAD, and everything else. */
function answering(head: Response, other: Response): void {
  contacts.length = 0;
  vi.stubGlobal('fetch', (_path: string, { method }: RequestInit) => Promise.resolve((method === 'HEAD' ? head : other).clone()));
}

afterEach(() => { vi.unstubAllGlobals(); });

test('a portal that wants to be signed in to does not sign the inspector out', async () => {
  answering(new Response(null, { status: 401 }), json(401, { code: 401, msg: 'please log in' }));

  expect((await api.status('s')).status).toBeUndefined();
  expect((await api.uploadState('s', PHOTO)).status).toBeUndefined();
  expect(contacts).not.toContain(true);
});

test('a session the server has ended is ended, also where its answer has no body', async () => {
  answering(new Response(null, { status: 401 }), json(401, { code: 'not_signed_in' }));

  expect((await api.status('s')).status).toBe(401);
  expect((await api.uploadState('s', PHOTO)).status).toBe(401);
});

test('a portal that refuses HEAD alone is nobody: what the server says of the submission is no answer about the photo', async () => {
  answering(new Response(null, { status: 401 }), json(200, { submission_id: 's' }));

  expect((await api.uploadState('s', PHOTO)).status).toBeUndefined();
});
