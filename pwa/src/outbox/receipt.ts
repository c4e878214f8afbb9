/** The signed receipt (回执): the only proof that the server holds a submission. */

import { fromBase64Url } from '../domain/bytes';
import type { ReceiptKey } from '../domain/wire';
import { isAbout } from './answers';

export interface Receipt {
  iss: string;
  sub: string;
  content_sha256: string;
  photos: string[];
  complete: boolean;
  receipt_no: number;
  received_at: string;
}

/** What the receipt must be about. */
export interface Expected {
  submission_id: string;
  content_sha256: string;
  photos: readonly string[];
}

export class BadReceipt extends Error {
  override name = 'BadReceipt';

  constructor(readonly reason: 'malformed' | 'unknown_key' | 'signature' | 'other_content' | 'incomplete') {
    super(reason);
  }
}

function parse(part: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(part ?? '')));
    if (value !== null && typeof value === 'object') return value as Record<string, unknown>;
  } catch {
    // Falls through: not JSON is malformed all the same.
  }
  throw new BadReceipt('malformed');
}

/**
 * Verify a compact JWS (RFC 7515, ES256) and that it is about exactly this submission.
 *
 * Throws BadReceipt; 'unknown_key' means the keys of the session should be read again.
 */
export async function verifyReceipt(jws: string, keys: readonly ReceiptKey[], expected: Expected): Promise<Receipt> {
  const parts = jws.split('.');
  if (parts.length !== 3) throw new BadReceipt('malformed');
  const header = parse(parts[0]);
  if (header['alg'] !== 'ES256' || header['typ'] !== 'receipt+jwt') throw new BadReceipt('malformed');
  const jwk = keys.find((key) => key.kid === header['kid'] && key.kty === 'EC' && key.crv === 'P-256');
  if (!jwk) throw new BadReceipt('unknown_key');

  const { kty, crv, x, y } = jwk;
  const key = await crypto.subtle.importKey(
    'jwk', { kty, crv, x, y }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'],
  );
  let signature;
  try {
    signature = fromBase64Url(parts[2] ?? '');
  } catch {
    throw new BadReceipt('malformed');
  }
  const signed = new TextEncoder().encode(`${parts[0] ?? ''}.${parts[1] ?? ''}`);
  const genuine = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, signed);
  if (!genuine) throw new BadReceipt('signature');

  const payload = parse(parts[1]);
  const photos = payload['photos'];
  if (
    payload['iss'] !== 'yanshou' ||
    payload['sub'] !== expected.submission_id ||
    !isAbout(payload, expected.content_sha256) ||
    !Array.isArray(photos)
  ) {
    throw new BadReceipt('other_content');
  }
  if (payload['complete'] !== true || !expected.photos.every((sha256) => photos.includes(sha256))) {
    throw new BadReceipt('incomplete');
  }
  return payload as unknown as Receipt;
}
