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
