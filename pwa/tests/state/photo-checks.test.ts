import { describe, expect, it } from 'vitest';
import type { GreySample } from '../../src/domain/picture-checks';
import type { Position, Task } from '../../src/domain/wire';
import { explained, remarksOn, ringInForce, unexplained } from '../../src/state/photo-checks';
import { wantedPreviews } from '../../src/state/previews';
import { POLICY } from '../policy';

const even = (value: number): GreySample => ({ grey: new Uint8ClampedArray(900).fill(value), width: 30, height: 30 });
const RING: Position[] = [[109.4, 25.2], [109.4006, 25.2], [109.4006, 25.2004], [109.4, 25.2]];
const there = { lon: 109.4003, lat: 25.2002, accuracy_m: 4, fixed_at: '2026-04-02T02:00:00Z' };
const photo = { kind: 'tree', source: 'camera', position: there } as const;
const codes = (remarks: { code: string }[]) => remarks.map(({ code }) => code);

describe('what the phone has against a picture', () => {
  it('names each thing once, and waits for a reason', () => {
    const found = remarksOn({ ...photo, position: { ...there, lat: 25.3 } }, even(10), RING, POLICY);
    expect(codes(found)).toEqual(['dark', 'far']);
    expect(unexplained({ remarks: found })).toBe(true);
    expect(explained({ remarks: found }, '天色已暗')).toEqual([
      { code: 'dark', reason: '天色已暗' }, { code: 'far', reason: '天色已暗' },
    ]);
    expect(unexplained({ remarks: explained({ remarks: found }, '天色已暗') })).toBe(false);
    expect(unexplained({})).toBe(false);
  });

  it('marks what comes from the gallery whatever it looks like', () => {
    expect(codes(remarksOn({ ...photo, source: 'gallery', position: null }, even(120), RING, POLICY))).toEqual(['gallery', 'blurred']);
  });

  it('leaves signatures alone', () => {
    expect(remarksOn({ ...photo, kind: 'signature', source: 'drawn' }, even(255), RING, POLICY)).toEqual([]);
    expect(remarksOn({ ...photo, kind: 'signature', source: 'file' }, even(255), RING, POLICY)).toEqual([]);
  });

  it('measures from the walked ring, or the outline of the ledger while there is none', () => {
    const boundary = { type: 'Polygon', coordinates: [RING] } as const;
    const fixes = [[109.5, 25.2], [109.501, 25.2], [109.501, 25.201]].map(([lon = 0, lat = 0], seq) => ({
      capture_id: 'c', attempt: 1, seq, undone: false, lon, lat, accuracy_m: 4, t_ms: seq * 120_000, fixed_at: '',
    }));
    const plot = { boundary: { ...boundary, coordinates: [RING] } };
    expect(ringInForce({ fixes, closed: true }, plot, POLICY)?.[0]).toEqual([109.5, 25.2]);
    expect(ringInForce({ fixes, closed: false }, plot, POLICY)).toBe(RING);
    expect(ringInForce({ fixes: [], closed: false }, { boundary: null }, POLICY)).toBeNull();
  });
});

describe('pictures of earlier visits', () => {
  const task = (id: string, state: Task['state'], hashes: string[]): Task => ({
    id, plot_id: id, state, due_on: null, return_reason: null,
    previous: { submission_id: `s-${id}`, finished_at: '', photos: hashes.map((sha256) => ({ kind: 'tree', sha256 })) },
  });

  it('are fetched for returned tasks first, and never more than fit', () => {
    const many = Array.from({ length: 300 }, (_, i) => `h${i}`);
    const wanted = wantedPreviews([task('a', 'open', many), task('b', 'returned', ['first']), { ...task('c', 'open', []), previous: null }]);
    expect(wanted[0]).toEqual({ submission_id: 's-b', sha256: 'first' });
    expect(wanted).toHaveLength(200);
  });
});
