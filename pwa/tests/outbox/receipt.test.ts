import { beforeAll, expect, test } from 'vitest';
import { verifyReceipt, type BadReceipt } from '../../src/outbox/receipt';
import { newKey, type Key } from './server';

const EXPECTED = { submission_id: 's', content_sha256: 'c', photos: ['a', 'b'] };
const PAYLOAD = {
  iss: 'yanshou', sub: 's', content_sha256: 'c', photos: ['a', 'b'], complete: true, receipt_no: 3,
  received_at: '2026-03-02T01:00:00Z', iat: 1,
};
let key: Key;

beforeAll(async () => { key = await newKey(); });

const reasonFor = (jws: string, keys = [key.published]) =>
  verifyReceipt(jws, keys, EXPECTED).then(() => 'verified', (error: unknown) => (error as BadReceipt).reason);

test('the receipt of exactly this submission verifies', async () => {
  const receipt = await verifyReceipt(await key.sign(PAYLOAD), [key.published], EXPECTED);

  expect(receipt.receipt_no).toBe(3);
});

test.each([
  ['another submission', { sub: 't' }, 'other_content'],
  ['other bytes', { content_sha256: 'd' }, 'other_content'],
  ['another issuer', { iss: 'somebody' }, 'other_content'],
  ['not complete', { complete: false }, 'incomplete'],
  ['complete only as text', { complete: 'true' }, 'incomplete'],
  ['a photo missing', { photos: ['a'] }, 'incomplete'],
] as const)('%s is no receipt', async (_name, change, reason) => {
  expect(await reasonFor(await key.sign({ ...PAYLOAD, ...change }))).toBe(reason);
});

test.each([
  ['no algorithm', { alg: 'none' }],
  ['a symmetric algorithm', { alg: 'HS256' }],
  ['another kind of token', { typ: 'JWT' }],
])('%s is refused before any key is tried', async (_name, header) => {
  expect(await reasonFor(await key.sign(PAYLOAD, header))).toBe('malformed');
});

test('what a person at the desk mended is received all the same, when the server says from what', async () => {
  const mended = { ...PAYLOAD, content_sha256: 'mended' };

  expect(await reasonFor(await key.sign({ ...mended, mended_from: EXPECTED.content_sha256 }))).toBe('verified');
  expect(await reasonFor(await key.sign({ ...mended, mended_from: 'of another phone' }))).toBe('other_content');
});

test('a changed payload breaks the signature', async () => {
  const [head = '', , tail = ''] = (await key.sign(PAYLOAD)).split('.');
  const [, forged = ''] = (await key.sign({ ...PAYLOAD, receipt_no: 4 })).split('.');

  expect(await reasonFor(`${head}.${forged}.${tail}`)).toBe('signature');
});

test('an unknown key is told apart, so that the keys can be read again', async () => {
  expect(await reasonFor(await key.sign(PAYLOAD), [])).toBe('unknown_key');
});

test.each(['', 'a.b', 'a.b.c', '....'])('%j is malformed', async (jws) => {
  expect(await reasonFor(jws)).toBe('malformed');
});
