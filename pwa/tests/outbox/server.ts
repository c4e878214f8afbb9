/** A server made of a few lines: it keeps what it is sent, and can be told to misbehave. */

import type { Answer } from '../../src/api';
import { contentDigest, sha256Hex } from '../../src/domain/bytes';
import type { ReceiptKey, SubmissionStatus } from '../../src/domain/wire';
import type { OutboxItem, OutboxPhoto } from '../../src/outbox/item';
import type { Outside, Part } from '../../src/outbox/outside';
import { Lanes } from '../../src/outbox/lanes';
import { PartSize } from '../../src/outbox/part-size';
import type { Receipt } from '../../src/outbox/receipt';
import type { Hindrance } from '../../src/outbox/stop';

const base64Url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const part = (value: unknown) => base64Url(new TextEncoder().encode(JSON.stringify(value)));

export async function newKey(kid = 'k1') {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const published: ReceiptKey = { kty: 'EC', crv: 'P-256', kid, x, y };
  return {
    published,
    async sign(payload: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
      const signed = `${part({ alg: 'ES256', typ: 'receipt+jwt', kid, ...header })}.${part(payload)}`;
      const bytes = new TextEncoder().encode(signed);
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes);
      return `${signed}.${base64Url(new Uint8Array(signature))}`;
    },
  };
}

export type Key = Awaited<ReturnType<typeof newKey>>;

export function answer(status: number | undefined, body: unknown = null): Answer {
  return { status, body, etag: null };
}

export function problem(status: number, code: string): Answer {
  return answer(status, { type: `/problems/${code}`, title: code, status, detail: `because ${code}`, code });
}

export class FakeServer implements Outside {
  manifest: ArrayBuffer | null = null;
  readonly photos = new Set<string>();
  readonly parts = new Map<string, Uint8Array>();
  readonly released: { receipt: Receipt; status: SubmissionStatus }[] = [];
  readonly part_size = new PartSize();
  lanes = new Lanes();
  /** false: a server of before parts. */
  resumable = true;
  max_append_bytes: number | null = null;
  backup_watermark: number | null = null;
  received_at = '2026-03-02T01:00:01Z';
  hindered: Hindrance | null = null;
  sent_bytes = 0;
  readonly calls: string[] = [];
  /** Answers given instead of the true ones, in order; null lets one call through. */
  readonly instead: (Answer | null)[] = [];
  keys: ReceiptKey[];
  keysAfterRefresh: ReceiptKey[] | null = null;
  at = new Date('2026-03-02T01:00:00Z');

  constructor(
    public item: OutboxItem,
    readonly key: Key,
    readonly stored: Map<string, ArrayBuffer>,
  ) {
    this.keys = [key.published];
  }

  async #status(code: number): Promise<Answer> {
    const wanted = this.item.photos.map((photo) => photo.sha256);
    const missing = wanted.filter((sha256) => !this.photos.has(sha256));
    const received = wanted.filter((sha256) => this.photos.has(sha256)).sort();
    const { submission_id } = this.item;
    const content_sha256 = this.manifest ? await sha256Hex(this.manifest) : '';
    const receipt = await this.key.sign({
      iss: 'yanshou', sub: submission_id, content_sha256, photos: received, complete: missing.length === 0,
      receipt_no: 7, received_at: this.received_at, iat: 1,
    });
    return answer(code, {
      submission_id, content_sha256, complete: missing.length === 0, received, missing, state: 'receiving', receipt,
      backup_watermark: this.backup_watermark,
      server_time_at: this.at.toISOString(),
    });
  }

  async #answer(call: string, truly: () => Promise<Answer>): Promise<Answer> {
    this.calls.push(call);
    return this.instead.shift() ?? truly();
  }

  putManifest(_id: string, manifest: ArrayBuffer): Promise<Answer> {
    return this.#answer('manifest', () => {
      const code = this.manifest ? 200 : 201;
      this.manifest = manifest;
      return this.#status(code);
    });
  }

  putPhoto(_id: string, photo: OutboxPhoto, bytes: ArrayBuffer): Promise<Answer> {
    return this.#answer(`photo ${photo.kind}`, async () => {
      this.sent_bytes += bytes.byteLength;
      if (!this.manifest) return problem(404, 'submission_not_found');
      if ((await sha256Hex(bytes)) !== photo.sha256) return problem(422, 'photo_digest_mismatch');
      this.photos.add(photo.sha256);
      return this.#status(201);
    });
  }

  #upload(photo: OutboxPhoto, status = 204, body: unknown = null): Answer {
    const complete = this.photos.has(photo.sha256);
    const offset = complete ? photo.size_bytes : (this.parts.get(photo.sha256)?.byteLength ?? 0);
    return { ...answer(status, body), upload: { offset, complete, min_append_bytes: null, max_append_bytes: this.max_append_bytes } };
  }

  uploadState(_id: string, photo: OutboxPhoto): Promise<Answer> {
    return this.#answer(`offset ${photo.kind}`, () =>
      Promise.resolve(this.resumable && this.manifest ? this.#upload(photo) : answer(404)));
  }

  patchPhoto(_id: string, photo: OutboxPhoto, part: Part): Promise<Answer> {
    return this.#answer(`part ${photo.kind} ${part.offset}+${part.bytes.byteLength}${part.last ? ' last' : ''}`, () => this.keepPart(photo, part));
  }

  /** What a server does with a part, whether or not its answer arrives. */
  async keepPart(photo: OutboxPhoto, part: Part): Promise<Answer> {
    this.sent_bytes += part.bytes.byteLength;
    if (!this.manifest) return problem(404, 'submission_not_found');
    const held = this.parts.get(photo.sha256) ?? new Uint8Array();
    if (this.photos.has(photo.sha256)) return this.#status(200);
    if ((await contentDigest(part.bytes)) !== part.digest) return problem(400, 'part_digest_mismatch');
    if (part.offset !== held.byteLength) {
      const body = { ...(problem(409, 'upload_offset_mismatch').body as object), expected_offset: held.byteLength };
      return this.#upload(photo, 409, body);
    }
    const whole = new Uint8Array(held.byteLength + part.bytes.byteLength);
    whole.set(held);
    whole.set(new Uint8Array(part.bytes), held.byteLength);
    this.parts.set(photo.sha256, whole);
    if (!part.last) return this.#upload(photo);
    this.parts.delete(photo.sha256);
    if ((await sha256Hex(whole)) !== photo.sha256) return problem(422, 'photo_digest_mismatch');
    this.photos.add(photo.sha256);
    return this.#status(201);
  }

  release(_item: OutboxItem, receipt: Receipt, status: SubmissionStatus): Promise<void> {
    this.released.push({ receipt, status });
    return Promise.resolve();
  }

  hindrance(): Hindrance | null {
    return this.hindered;
  }

  progress(): void {
    // Shown on a screen only.
  }

  ticks_ms(): number {
    return this.at.getTime();
  }

  pause(): Promise<void> {
    return Promise.resolve();
  }

  status(): Promise<Answer> {
    return this.#answer('status', () =>
      this.manifest ? this.#status(200) : Promise.resolve(problem(404, 'submission_not_found')));
  }

  photoBytes(photo_id: string): Promise<ArrayBuffer | null> {
    return Promise.resolve(this.stored.get(photo_id) ?? null);
  }

  receiptKeys(): readonly ReceiptKey[] {
    return this.keys;
  }

  refreshKeys(): Promise<void> {
    this.calls.push('keys');
    this.keys = this.keysAfterRefresh ?? this.keys;
    return Promise.resolve();
  }

  save(item: OutboxItem, change: Partial<OutboxItem>): Promise<OutboxItem> {
    this.item = { ...item, ...change };
    return Promise.resolve(this.item);
  }

  now(): Date {
    return this.at;
  }

  random(): number {
    return 0.5;
  }
}

/** An item with a panorama of `panorama_bytes` (0: a few) and two small photos. */
export async function itemWithPhotos(
  panorama_bytes = 0, submission_id = '6f4e0a54-3f5e-4c8e-9d0c-0b8f7a1d2c3e',
): Promise<{ item: OutboxItem; stored: Map<string, ArrayBuffer> }> {
  const manifest = new TextEncoder().encode(`{"schema":1,"submission_id":"${submission_id}"}`).buffer;
  const stored = new Map<string, ArrayBuffer>();
  const photos: OutboxPhoto[] = [];
  for (const kind of ['panorama', 'spacing', 'tree'] as const) {
    const words = new TextEncoder().encode(`picture of ${kind}`);
    const { buffer: bytes } = kind === 'panorama' && panorama_bytes > 0
      ? Uint8Array.from({ length: panorama_bytes }, (_, i) => (i * 31 + (i >> 8)) & 255)
      : words;
    stored.set(kind, bytes);
    photos.push({ photo_id: kind, kind, sha256: await sha256Hex(bytes), size_bytes: bytes.byteLength, media_type: 'image/jpeg' });
  }
  return {
    stored,
    item: {
      submission_id, task_id: 't', plot_id: 'p', finished_at: '2026-03-02T00:59:00Z',
      manifest, content_sha256: await sha256Hex(manifest), photos, state: 'queued', data_held: false, photos_held: [],
      attempt_count: 0, next_try_at: '2026-03-02T00:59:00Z', failure: null, receipt: null, receipt_no: null,
      received_at: null, verified_at: null,
    },
  };
}
