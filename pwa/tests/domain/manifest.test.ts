import { expect, test } from 'vitest';
import { buildManifest, canonicalJson, manifestBytes, MAX_MANIFEST_BYTES } from '../../src/domain/manifest';
import type { Fix } from '../../src/domain/walk';

const fixes: Fix[] = Array.from({ length: 4 }, (_, i) => ({
  lon: 109.400000049 + i * 1e-4, lat: 25.2 + (i % 2) * 1e-4, accuracy_m: 3.14159 + i, t_ms: i * 1000.4, fixed_at: '',
}));
const captured = {
  submission_id: 's', task_id: 't', started_at: 'a', finished_at: 'b', clock_offset_ms: null, device_id: 'd', app_version: '0',
  programme: { code: 'p', policy_version: 1 }, plot: { id: 'plot', household_id: 'h' }, fixes, closed_t_ms: 5_000,
  counts: { live: 1, dead: 0, missing: 0 }, photos: [], remark: '', predecessor_id: null,
};

test('the ring holds every fix and is closed by the first; accuracy and time run beside it', () => {
  const { geometry, properties } = buildManifest(captured).boundary;
  const [ring = []] = geometry.coordinates;

  expect(ring).toHaveLength(5);
  expect(ring[4]).toEqual(ring[0]);
  expect(ring[0]).toEqual([109.4, 25.2]);
  expect(properties.accuracy_m[0]).toEqual([3.14, 4.14, 5.14, 6.14, 3.14]);
  expect(properties.timestamps_s[0]).toEqual([0, 1, 2.001, 3.001, 5]);
});

test('the same value always gives the same bytes', () => {
  expect(canonicalJson({ b: [1, { d: null, c: '中' }], a: undefined })).toBe('{"b":[1,{"c":"中","d":null}]}');
  expect(canonicalJson({ x: 1, y: 2 })).toBe(canonicalJson({ y: 2, x: 1 }));
});

test('an hour of walking fits into a manifest', () => {
  const hour = Array.from({ length: 3600 }, (_, i) => ({ ...fixes[0], t_ms: i * 1000 + 0.123 }) as Fix);

  expect(manifestBytes(buildManifest({ ...captured, fixes: hour })).byteLength).toBeLessThan(MAX_MANIFEST_BYTES);
});

test('a walk that is nothing but a walk says so by its silence', () => {
  const { properties } = buildManifest(captured).boundary;

  expect(Object.keys(properties).sort()).toEqual(['accuracy_m', 'capture', 'datum', 'household_id', 'plot_id', 'timestamps_s']);
});

test('how a boundary came about is told', () => {
  const { properties } = buildManifest({
    ...captured, forced_close: true, start_reason: '树冠遮挡',
    interruptions: [{ from_t_ms: 0, to_t_ms: 1000.4, cause: 'no_fix' }, { from_t_ms: 3001.2, to_t_ms: 60_000, cause: 'paused' }],
  }).boundary;

  expect(properties).toMatchObject({ forced_close: true, start_reason: '树冠遮挡', capture: 'walk' });
  // What was taken back after the second one took it along.
  expect(properties.gaps).toEqual([{ from_s: 0, to_s: 1, cause: 'no_fix' }]);
});

test('ground taken out is a further ring, everything beside it', () => {
  const pond = fixes.slice(0, 3).map((fix) => ({ ...fix, source: 'average' as const, t_ms: fix.t_ms + 10_000 }));
  const { geometry, properties } = buildManifest({ ...captured, holes: [{ fixes: pond, closed_t_ms: 15_000, method: 'corners' }] }).boundary;

  expect(geometry.coordinates.map((ring) => ring.length)).toEqual([5, 4]);
  expect(properties.accuracy_m.map((ring) => ring.length)).toEqual([5, 4]);
  expect(properties.timestamps_s[1]).toEqual([10, 11, 12.001, 15]);
  expect(properties.sources?.map((ring) => ring[0])).toEqual(['fix', 'average']);
  expect(properties.capture).toBe('walk');
});

test('of an outline of before nobody knows how well it was measured', () => {
  const earlier = fixes.map((fix) => ({ ...fix, source: 'earlier' as const }));
  const { properties } = buildManifest({ ...captured, fixes: earlier, method: 'earlier' }).boundary;

  expect(properties).toMatchObject({ method: 'earlier', capture: 'vertices', accuracy_m: [[null, null, null, null, null]] });
});
