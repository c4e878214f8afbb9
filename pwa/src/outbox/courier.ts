/** The courier file (应急文件): what is unsent, sealed for the server (docs/protocol.md, "The courier file"). */

import { fromBase64Url, sha256Hex, toBase64Url } from '../domain/bytes';
import type { CourierKey } from '../domain/wire';
import type { OutboxItem } from './item';
import type { Note } from './note';

const MAGIC = 'YANSHOUC';
const VERSION = 1;
const CHUNK_BYTES = 1024 * 1024;
const KEY_INFO = 'yanshou courier 1';

export interface CourierSender {
  account_id: string;
  account_name: string;
  device_id: string;
  created_at: string;
  app_version: string;
  token: string;
}

export interface CourierContent {
  submission_count: number;
  photo_count: number;
  note_count: number;
  left_out: { submission_id: string; sha256: string }[];
}

/** Takes the bytes of the file in order. */
export type Sink = (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>;

const text = (value: string) => new TextEncoder().encode(value);

function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Seals a stream in chunks; holds one chunk in memory. */
class Sealer {
  readonly #waiting = new Uint8Array(CHUNK_BYTES);
  #filled = 0;
  #number = 0;

  constructor(
    private readonly key: CryptoKey,
    private readonly bound_to: Uint8Array<ArrayBuffer>,
    private readonly sink: Sink,
  ) {}

  async #seal(last: boolean): Promise<void> {
    const iv = new Uint8Array(12);
    // 11 bytes of counter; 32 bits of it are 4 petabytes.
    new DataView(iv.buffer).setUint32(7, this.#number);
    iv[11] = last ? 1 : 0;
    const sealed = new Uint8Array(await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv, additionalData: this.bound_to }, this.key, this.#waiting.subarray(0, this.#filled),
    ));
    this.#number += 1;
    this.#filled = 0;
    await this.sink(uint32(sealed.byteLength));
    await this.sink(sealed);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      // Sealed only when more comes: the last chunk must know that it is the last.
      if (this.#filled === CHUNK_BYTES) await this.#seal(false);
      const taken = bytes.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#waiting.set(taken, this.#filled);
      this.#filled += taken.byteLength;
      at += taken.byteLength;
    }
  }

  async entry(description: Record<string, unknown>, bytes?: ArrayBuffer): Promise<void> {
    const described = text(JSON.stringify(description));
    await this.write(joined(uint32(described.byteLength), described));
    if (bytes) await this.write(new Uint8Array(bytes));
  }

  finish(): Promise<void> {
    return this.#seal(true);
  }
}

async function sealingKey(server: CourierKey, salt: Uint8Array<ArrayBuffer>) {
  const { kty, crv, x, y } = server;
  const ecdh = { name: 'ECDH', namedCurve: 'P-256' };
  const theirs = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, ecdh, false, []);
  const ours = await crypto.subtle.generateKey(ecdh, false, ['deriveBits']);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, ours.privateKey, 256);
  const material = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info: text(KEY_INFO) }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt'],
  );
  const ephemeral = await crypto.subtle.exportKey('jwk', ours.publicKey);
  return { key, ephemeral: { kty: 'EC', crv: 'P-256', x: ephemeral.x, y: ephemeral.y } };
}

async function proofOf(token: string, bound_to: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await crypto.subtle.importKey(
    'raw', await digestOf(text(token)), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'],
  );
  const proof = new Uint8Array(await crypto.subtle.sign('HMAC', key, bound_to));
  return Array.from(proof, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Write notes and items into `sink`, one photo in memory at a time; they themselves are not touched. The notes come
 * first, as they were made: a plot before the visits to it and its submission.
 */
export async function writeCourierFile(
  sender: CourierSender,
  server: CourierKey,
  notes: readonly Note[],
  items: readonly OutboxItem[],
  photoBytes: (photo_id: string) => Promise<ArrayBuffer | null>,
  sink: Sink,
): Promise<CourierContent> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const { key, ephemeral } = await sealingKey(server, salt);
  const { token, ...said } = sender;
  const header = text(JSON.stringify({ ...said, kid: server.kid, ephemeral, salt: toBase64Url(salt) }));
  const preamble = joined(text(MAGIC), Uint8Array.of(VERSION), uint32(header.byteLength), header);
  const bound_to = await digestOf(preamble);
  await sink(preamble);

  const sealer = new Sealer(key, bound_to, sink);
  await sealer.entry({ kind: 'sender', proof: await proofOf(token, bound_to) });
  const content: CourierContent = { submission_count: 0, photo_count: 0, note_count: notes.length, left_out: [] };
  for (const { kind, id, body } of notes) {
    await sealer.entry({ kind, id, content_sha256: await sha256Hex(body), size_bytes: body.byteLength }, body);
  }
  for (const { submission_id, content_sha256, manifest, photos } of items) {
    await sealer.entry({ kind: 'manifest', submission_id, content_sha256, size_bytes: manifest.byteLength }, manifest);
    content.submission_count += 1;
    for (const { photo_id, sha256, media_type } of photos) {
      // One that cannot be read keeps back no other.
      const bytes = await photoBytes(photo_id).catch(() => null);
      if (!bytes || (await sha256Hex(bytes)) !== sha256) {
        content.left_out.push({ submission_id, sha256 });
        continue;
      }
      await sealer.entry({ kind: 'photo', submission_id, sha256, media_type, size_bytes: bytes.byteLength }, bytes);
      content.photo_count += 1;
    }
  }
  await sealer.entry({ kind: 'end', ...content });
  await sealer.finish();
  return content;
}

/** Whether a key is one this app can seal for. */
export function usableCourierKey(key: unknown): key is CourierKey {
  const { kty, crv, kid, x, y } = (key ?? {}) as Partial<CourierKey>;
  if (kty !== 'EC' || crv !== 'P-256' || typeof kid !== 'string') return false;
  try {
    return fromBase64Url(x ?? '').byteLength === 32 && fromBase64Url(y ?? '').byteLength === 32;
  } catch {
    return false;
  }
}
