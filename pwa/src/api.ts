/** HTTP with the server. The only file of the page that calls fetch. */

import type { DeviceReport, Ledger, Session } from './domain/wire';
import type { OutboxPhoto } from './outbox/item';
import type { Note } from './outbox/note';
import type { Part } from './outbox/outside';

/** `status` is undefined when nobody answered, or somebody who does not speak JSON did. */
export interface Answer<T = unknown> {
  status: number | undefined;
  body: T | null;
  etag: string | null;
  /** From the headers of an upload resource; absent when there is no Upload-Offset. */
  upload?: UploadState;
}

/** How far an upload is, and how large its parts may be; null where the server says nothing. */
export interface UploadState {
  offset: number;
  complete: boolean | null;
  min_append_bytes: number | null;
  max_append_bytes: number | null;
}

/** Nobody answered, or a stranger did. */
export const NOBODY: Answer<never> = { status: undefined, body: null, etag: null };

function uploadOf(headers: Headers): { upload?: UploadState } {
  const offset = headers.get('Upload-Offset');
  if (offset === null || !/^\d{1,15}$/.test(offset)) return {};
  const limit = headers.get('Upload-Limit') ?? '';
  const size = (name: string) => {
    const found = new RegExp(`(?:^|[,\\s])${name}=(\\d{1,15})`).exec(limit);
    return found ? Number(found[1]) : null;
  };
  const complete = headers.get('Upload-Complete');
  return {
    upload: {
      offset: Number(offset),
      complete: complete === '?1' ? true : complete === '?0' ? false : null,
      min_append_bytes: size('min-append-size'),
      max_append_bytes: size('max-append-size'),
    },
  };
}

const JSON_TIMEOUT_MS = 60_000;
/** 5 MB at 100 kbit/s take seven minutes. */
const PHOTO_TIMEOUT_MS = 15 * 60_000;
const HEAD_TIMEOUT_MS = 30_000;
/** A part is given the time it takes at 2 KB/s, for another shares the line with it, and some for the way. */
const partTimeoutMs = (bytes: number) => 20_000 + bytes / 2;

/** `AbortSignal.timeout`, which Safari has only from 16 and Chrome from 103 on, and `any`, from 17.4 and 116 on. */
function abortedAfter(wait_ms: number, leaving?: AbortSignal): AbortSignal {
  const control = new AbortController();
  const abort = () => { control.abort(); };
  setTimeout(abort, wait_ms);
  if (leaving?.aborted) abort();
  leaving?.addEventListener('abort', abort);
  return control.signal;
}

export class Api {
  constructor(
    private readonly about: {
      token: () => string | null;
      language: () => string;
      /** Called with server time minus device time, measured at the middle of a request. */
      onClockOffset: (offset_ms: number) => void;
      /** Called with whether the server answered, whatever it said. */
      onContact: (answered: boolean) => void;
      /** Ends what is under way. */
      leaving?: AbortSignal;
    },
  ) {}

  signIn(name: string, password: string, device_id: string): Promise<Answer<Session>> {
    return this.#call('POST', '/api/session', { json: { name, password, device_id } });
  }

  session(): Promise<Answer<Session>> {
    return this.#call('GET', '/api/session');
  }

  signOut(): Promise<Answer> {
    return this.#call('DELETE', '/api/session');
  }

  ledger(etag: string | null): Promise<Answer<Ledger>> {
    return this.#call('GET', '/api/ledger', { headers: etag === null ? {} : { 'If-None-Match': etag } });
  }

  putManifest(submission_id: string, manifest: ArrayBuffer): Promise<Answer> {
    return this.#call('PUT', `/api/submissions/${submission_id}`, {
      body: manifest,
      headers: { 'Content-Type': 'application/json' },
    });
  }

  putPhoto(submission_id: string, photo: OutboxPhoto, bytes: ArrayBuffer): Promise<Answer> {
    return this.#call('PUT', `/api/submissions/${submission_id}/photos/${photo.sha256}`, {
      body: bytes,
      headers: { 'Content-Type': photo.media_type },
      timeout_ms: PHOTO_TIMEOUT_MS,
    });
  }

  async uploadState(submission_id: string, photo: OutboxPhoto): Promise<Answer> {
    const answer = await this.#call('HEAD', `/api/submissions/${submission_id}/photos/${photo.sha256}/upload`, {
      timeout_ms: HEAD_TIMEOUT_MS,
    });
    if (answer.status !== 401) return answer;
    // Without a body anybody's 401 looks like the server's: asked for with one, it says whose it is.
    const told = await this.status(submission_id);
    return told.status === 401 ? told : NOBODY;
  }

  patchPhoto(submission_id: string, photo: OutboxPhoto, part: Part): Promise<Answer> {
    return this.#call('PATCH', `/api/submissions/${submission_id}/photos/${photo.sha256}/upload`, {
      body: part.bytes,
      headers: {
        'Content-Type': 'application/partial-upload',
        'Upload-Offset': String(part.offset),
        'Upload-Complete': part.last ? '?1' : '?0',
        'Content-Digest': part.digest,
      },
      timeout_ms: partTimeoutMs(part.bytes.byteLength),
    });
  }

  putDeviceLedger(
    device_id: string,
    submissions: readonly { submission_id: string; created_at: string; state: string }[],
  ): Promise<Answer<DeviceReport>> {
    return this.#call('PUT', `/api/devices/${device_id}/ledger`, { json: { submissions } });
  }

  putNote(note: Note): Promise<Answer> {
    return this.#call('PUT', `/api/${note.kind}s/${note.id}`, {
      body: note.body,
      headers: { 'Content-Type': 'application/json' },
    });
  }

  /** A photo of an earlier visit, small. */
  async preview(submission_id: string, sha256: string): Promise<Answer<ArrayBuffer>> {
    const token = this.about.token();
    try {
      const response = await fetch(`/api/submissions/${submission_id}/photos/${sha256}/preview`, {
        headers: { Accept: 'image/jpeg', ...(token !== null && { Authorization: `Bearer ${token}` }) },
        credentials: 'omit',
        redirect: 'error',
        signal: abortedAfter(JSON_TIMEOUT_MS),
      });
      const is_picture = response.headers.get('Content-Type') === 'image/jpeg';
      const body = response.ok && is_picture ? await response.arrayBuffer() : null;
      return { status: response.status, body, etag: null };
    } catch {
      return { status: undefined, body: null, etag: null };
    }
  }

  status(submission_id: string): Promise<Answer> {
    return this.#call('GET', `/api/submissions/${submission_id}`);
  }

  baseMap(): Promise<Answer<{ base_map: { note: string; max_zoom: number } | null }>> {
    return this.#call('GET', '/api/tiles');
  }

  /** One tile of the base map; null when there is none to be had now. */
  async tile(z: number, x: number, y: number): Promise<Blob | null> {
    const token = this.about.token();
    if (!token) return null;
    try {
      const response = await fetch(`/api/tiles/${z}/${x}/${y}`, { headers: { Authorization: `Bearer ${token}` }, credentials: 'omit' });
      return response.ok && (response.headers.get('Content-Type') ?? '').startsWith('image/') ? await response.blob() : null;
    } catch {
      return null;
    }
  }

  async #call<T>(
    method: string,
    path: string,
    more: { json?: unknown; body?: ArrayBuffer; headers?: Record<string, string>; timeout_ms?: number } = {},
  ): Promise<Answer<T>> {
    const headers = new Headers({ Accept: 'application/json', 'Accept-Language': this.about.language(), ...more.headers });
    const token = this.about.token();
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    if (more.json !== undefined) headers.set('Content-Type', 'application/json');
    const sent_ms = Date.now();
    try {
      const response = await fetch(path, {
        method,
        headers,
        body: more.json === undefined ? (more.body ?? null) : JSON.stringify(more.json),
        cache: 'no-store',
        credentials: 'omit',
        // A captive portal redirects; the server never does.
        redirect: 'error',
        signal: abortedAfter(more.timeout_ms ?? JSON_TIMEOUT_MS, this.about.leaving),
      });
      const upload = uploadOf(response.headers);
      if (method === 'HEAD') {
        // Without a body only the header tells the server from a stranger.
        this.about.onContact(upload.upload !== undefined);
        return { status: response.status, body: null, etag: null, ...upload };
      }
      const empty = response.status === 204 || response.status === 304;
      const isJson = /^application\/(?:[\w.-]+\+)?json\b/.test(response.headers.get('Content-Type') ?? '');
      if (!empty && !isJson) {
        // A gateway in front of the server may say 502 in HTML: that is an answer to wait on, not a stranger's 200.
        const status = response.status >= 500 ? response.status : undefined;
        this.about.onContact(false);
        return { status, body: null, etag: null };
      }
      const body = empty ? null : ((await response.json()) as T);
      // A session is ended by the server alone. A 401 that is no problem document comes from a proxy or a portal.
      if (response.status === 401 && typeof (body as { code?: unknown } | null)?.code !== 'string') {
        this.about.onContact(false);
        return NOBODY;
      }
      this.#measureClock(body, sent_ms, Date.now());
      this.about.onContact(true);
      return { status: response.status, body, etag: response.headers.get('ETag'), ...upload };
    } catch {
      this.about.onContact(false);
      return NOBODY;
    }
  }

  #measureClock(body: unknown, sent_ms: number, answered_ms: number): void {
    const server_time_at = (body as { server_time_at?: unknown } | null)?.server_time_at;
    if (typeof server_time_at !== 'string') return;
    const server_ms = Date.parse(server_time_at);
    // A slow answer says little about the middle of its request.
    if (Number.isFinite(server_ms) && answered_ms - sent_ms < 3_000) {
      this.about.onClockOffset(Math.round(server_ms - (sent_ms + answered_ms) / 2));
    }
  }
}
