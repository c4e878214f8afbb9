import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/api';
import type { Ledger, Task } from '../../src/domain/wire';
import { Previews } from '../../src/state/previews';

const picture = (sha256: string) => new TextEncoder().encode(`picture ${sha256}`).buffer;
const held: Answer<ArrayBuffer> = { status: 200, body: null, etag: null };

function ledger(...hashes: string[]): Ledger {
  const task: Task = {
    id: 't', plot_id: 'p', state: 'returned', due_on: null, return_reason: null,
    previous: { submission_id: 's', finished_at: '', photos: hashes.map((sha256) => ({ kind: 'tree', sha256 })) },
  };
  return { tasks: [task] } as unknown as Ledger;
}

function phone(answer: (sha256: string) => Answer<ArrayBuffer>) {
  const asked: string[] = [];
  const previews = new Previews(crypto.randomUUID(), (_id, sha256) => {
    asked.push(sha256);
    return Promise.resolve(answer(sha256));
  });
  return { previews, asked };
}

describe('pictures of earlier visits', () => {
  it('are fetched once, and let go of when no task wants them', async () => {
    const { previews, asked } = phone((sha256) => ({ ...held, body: picture(sha256) }));
    await previews.follow(ledger('a', 'b'));
    await previews.follow(ledger('b', 'c'));

    expect(asked).toEqual(['a', 'b', 'c']);
    expect(await previews.bytes('a')).toBeNull();
    expect(new TextDecoder().decode(await previews.bytes('b') ?? undefined)).toBe('picture b');
  });

  it('are told as they come, to whoever looks already', async () => {
    const { previews } = phone((sha256) => (sha256 === 'gone' ? { ...held, status: 404 } : { ...held, body: picture(sha256) }));
    const seen: string[][] = [];
    previews.subscribe(() => { seen.push([...previews.arrived]); });
    await previews.follow(ledger('a', 'gone', 'b'));

    expect(seen).toEqual([['a'], ['a', 'b']]);
  });

  it('are waited for without a network, and done without where there is none', async () => {
    let online = false;
    const { previews, asked } = phone((sha256) => {
      if (!online) return { ...held, status: undefined };
      return sha256 === 'gone' ? { ...held, status: 404 } : { ...held, body: picture(sha256) };
    });
    await previews.follow(ledger('gone', 'b'));
    expect(asked).toEqual(['gone']);
    online = true;
    await previews.follow(ledger('gone', 'b'));

    expect(await previews.bytes('gone')).toBeNull();
    expect(await previews.bytes('b')).not.toBeNull();
  });

  it('are never larger than a preview', async () => {
    const { previews } = phone(() => ({ ...held, body: new ArrayBuffer(5_000_000) }));
    await previews.follow(ledger('huge'));

    expect(await previews.bytes('huge')).toBeNull();
  });
});
