import { expect, test } from 'vitest';
import { fromBase64Url, sha256Hex } from '../../src/domain/bytes';
import type { CourierKey } from '../../src/domain/wire';
import { usableCourierKey, writeCourierFile } from '../../src/outbox/courier';
import { newNote, type Note } from '../../src/outbox/note';
import { itemWithPhotos } from './server';

const SENDER = {
  account_id: 'a', account_name: 'yanshou01', device_id: 'd', created_at: '2026-03-02T01:00:00Z', app_version: '1', token: 'secret',
};

async function serverKey() {
  const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const published: CourierKey = { kty: 'EC', crv: 'P-256', kid: 'c1', x, y };
  return { published, secret: pair.privateKey };
}

/** The reader as docs/protocol.md describes it, written without looking at the writer. */
async function readCourier(file: Uint8Array<ArrayBuffer>, secret: CryptoKey) {
  const view = new DataView(file.buffer);
  expect(new TextDecoder().decode(file.subarray(0, 8))).toBe('YANSHOUC');
  expect(file[8]).toBe(1);
  let at = 13 + view.getUint32(9);
  const bound_to = await crypto.subtle.digest('SHA-256', file.slice(0, at));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(13, at))) as {
    ephemeral: JsonWebKey; salt: string; kid: string; account_id: string;
  };
  const theirs = await crypto.subtle.importKey('jwk', header.ephemeral, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, secret, 256);
  const material = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const info = new TextEncoder().encode('yanshou courier 1');
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: fromBase64Url(header.salt), info }, material, { name: 'AES-GCM', length: 256 }, false, ['decrypt'],
  );
  const plain: Uint8Array[] = [];
  for (let n = 0; at < file.byteLength; n += 1) {
    const length = view.getUint32(at);
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(7, n);
    iv[11] = at + 4 + length === file.byteLength ? 1 : 0;
    plain.push(new Uint8Array(await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv, additionalData: bound_to }, key, file.slice(at + 4, at + 4 + length),
    )));
    at += 4 + length;
  }
  const whole = new Uint8Array(await new Blob(plain as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const entries: { said: Record<string, unknown>; bytes: Uint8Array<ArrayBuffer> }[] = [];
  for (let pos = 0; pos < whole.byteLength;) {
    const length = new DataView(whole.buffer).getUint32(pos);
    const said = JSON.parse(new TextDecoder().decode(whole.subarray(pos + 4, pos + 4 + length))) as Record<string, unknown>;
    const size = Number(said['size_bytes'] ?? 0);
    pos += 4 + length;
    entries.push({ said, bytes: whole.slice(pos, pos + size) });
    pos += size;
  }
  return { header, entries, chunk_count: plain.length, bound_to };
}

async function written(panorama_bytes = 0, notes: Note[] = []) {
  const { published, secret } = await serverKey();
  const { item, stored } = await itemWithPhotos(panorama_bytes);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const write = (read: (id: string) => Promise<ArrayBuffer | null> = (id) => Promise.resolve(stored.get(id) ?? null)) =>
    writeCourierFile(SENDER, published, notes, [item], read, (bytes) => { pieces.push(bytes); });
  return { secret, item, stored, pieces, write, file: async () => new Uint8Array(await new Blob(pieces).arrayBuffer()) };
}

test('a reader made from the description gets every byte back', async () => {
  const { secret, item, write, file } = await written(2_500_000);
  await write();

  const { header, entries, chunk_count, bound_to } = await readCourier(await file(), secret);

  expect(header).toMatchObject({ account_id: 'a', kid: 'c1' });
  expect(JSON.stringify(header)).not.toContain('secret');
  expect(chunk_count).toBe(3);
  expect(entries.map(({ said }) => said['kind'])).toEqual(['sender', 'manifest', 'photo', 'photo', 'photo', 'end']);
  expect(await sha256Hex(entries[1]?.bytes ?? new Uint8Array())).toBe(item.content_sha256);
  expect(await Promise.all(entries.slice(2, 5).map(({ bytes }) => sha256Hex(bytes)))).toEqual(item.photos.map((p) => p.sha256));
  expect(entries[5]?.said).toEqual({ kind: 'end', submission_count: 1, photo_count: 3, note_count: 0, left_out: [] });
  const token = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('secret'));
  const hmac = await crypto.subtle.importKey('raw', token, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const proof = Uint8Array.from(String(entries[0]?.said['proof']).match(/../g) ?? [], (pair) => parseInt(pair, 16));
  expect(await crypto.subtle.verify('HMAC', hmac, proof, bound_to)).toBe(true);
});

test('visits and plots travel before the submissions, byte for byte as they are sent', async () => {
  const bytes = (text: string) => new TextEncoder().encode(text).buffer;
  const plot = newNote({ kind: 'plot' } as Parameters<typeof newNote>[0], 'n1', 'p', bytes('{"plot":"成片"}'), '2026-03-01T01:00:00Z');
  const visit = newNote({ kind: 'attempt' } as Parameters<typeof newNote>[0], 'n2', 'p', bytes('{"visit":1}'), '2026-03-01T02:00:00Z');
  const { secret, write, file } = await written(0, [plot, visit]);
  const content = await write();

  const { entries } = await readCourier(await file(), secret);

  expect(content).toMatchObject({ note_count: 2, submission_count: 1 });
  expect(entries.map(({ said }) => said['kind'])).toEqual(['sender', 'plot', 'attempt', 'manifest', 'photo', 'photo', 'photo', 'end']);
  expect(entries[1]?.said).toMatchObject({ id: 'n1', content_sha256: await sha256Hex(plot.body) });
  expect(new TextDecoder().decode(entries[1]?.bytes)).toBe('{"plot":"成片"}');
  expect(entries.at(-1)?.said).toMatchObject({ note_count: 2 });
});

test('a file cut short, or with another sender in its header, does not open', async () => {
  const { secret, write, file } = await written(2_500_000);
  await write();
  const whole = await file();
  const second = 13 + new DataView(whole.buffer).getUint32(9);
  const cut = whole.slice(0, second + 4 + new DataView(whole.buffer).getUint32(second));
  const forged = whole.slice();
  forged[new TextDecoder('latin1').decode(whole).indexOf('yanshou01')] = 0x78;

  await expect(readCourier(cut, secret)).rejects.toThrow();
  await expect(readCourier(forged, secret)).rejects.toThrow();
});

test('a photo that is damaged is left out and named', async () => {
  const { stored, item, write } = await written();
  stored.set('spacing', new ArrayBuffer(3));

  expect(await write()).toMatchObject({ photo_count: 2, left_out: [{ sha256: item.photos[1]?.sha256 }] });
});

test('a photo that cannot be read is left out and named, and all the others are in the file', async () => {
  const { stored, item, write } = await written();
  const content = await write((id) => (id === 'spacing' ? Promise.reject(new DOMException('gone', 'NotReadableError')) : Promise.resolve(stored.get(id) ?? null)));

  expect(content).toMatchObject({ submission_count: 1, photo_count: 2, left_out: [{ sha256: item.photos[1]?.sha256 }] });
});

test('no more than a chunk is handed on at once', async () => {
  const { pieces, write } = await written(5_000_000);
  await write();

  expect(Math.max(...pieces.map((piece) => piece.byteLength))).toBe(1024 * 1024 + 16);
});

test.each([null, undefined, {}, { kty: 'RSA' }, { kty: 'EC', crv: 'P-256', kid: 'k', x: 'AA', y: 'AA' }])('%j is no key to seal for', (key) => {
  expect(usableCourierKey(key)).toBe(false);
});
