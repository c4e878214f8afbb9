import { expect, test } from 'vitest';
import { moveHandle } from '../../src/domain/adjust';
import type { SentRing } from '../../src/domain/boundary-feature';
import { boundaryFigures } from '../../src/domain/boundary';
import { buildManifest, canonicalJson, type Captured } from '../../src/domain/manifest';
import { emptyTape, placeTape, TAPE_ACCURACY_M, traceTape } from '../../src/domain/tape';
import type { Fix } from '../../src/domain/walk';
import type { ManifestPhoto } from '../../src/domain/wire';
import { POLICY } from '../policy';
import { fixAt, HERE, positions, rectangle, walkAlong } from '../tracks';

const FIELD = rectangle(60, 40);
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const PHOTO: ManifestPhoto = {
  sha256: '1'.padStart(64, '0'), size_bytes: 3_000_000, media_type: 'image/jpeg', kind: 'measure', taken_at: '2026-03-01T02:10:00Z',
  clock_offset_ms: 120, position: { lon: 109.4001, lat: 25.2001, accuracy_m: 4, fixed_at: '2026-03-01T02:10:00Z' }, source: 'file', width: 4000, height: 3000,
};

const placed = (places: readonly (readonly [number, number])[], from_s = 0): Fix[] =>
  places.slice(0, -1).map(([east, north], i) => ({ ...fixAt(east, north, from_s + 20 * i), source: 'average' }));

function taped(): Fix[] {
  const traced = traceTape({ ...emptyTape(), sides_m: [60, 40, 60, 40], diagonals_m: [Math.hypot(60, 40)], bearing_deg: 90, plot_on: 'left' });
  if (!traced || !('corners' in traced)) throw new Error('not traced');
  return placeTape(traced.corners, HERE).map(([lon, lat]) => ({ lon, lat, accuracy_m: TAPE_ACCURACY_M, t_ms: 0, fixed_at: '', source: 'tape' }));
}

interface Case {
  name: string;
  /** What the ground is, by how the track was drawn. */
  true_m2: number;
  exterior: SentRing;
  holes?: SentRing[];
  lap_ends_t_ms?: number[];
}

const first = walkAlong(FIELD);
const CASES: Case[] = [
  { name: 'a walk', true_m2: 2400, exterior: { fixes: first, closed_t_ms: 200_000 } },
  {
    name: 'a walk with a pond by its corners', true_m2: 2200,
    exterior: { fixes: first, closed_t_ms: 200_000 },
    holes: [{ fixes: placed(rectangle(20, 10, 20, 15), 300), closed_t_ms: 380_000, method: 'corners' }],
  },
  {
    name: 'a walk with a house that was walked round', true_m2: 2100,
    exterior: { fixes: first, closed_t_ms: 200_000 },
    holes: [{ fixes: walkAlong(rectangle(20, 15, 20, 12), 4, 300), closed_t_ms: 372_000, method: 'walk' }],
  },
  { name: 'corner by corner', true_m2: 2400, exterior: { fixes: placed(FIELD), closed_t_ms: 80_000, method: 'corners' } },
  {
    name: 'corners with a pond', true_m2: 2200, exterior: { fixes: placed(FIELD), closed_t_ms: 80_000, method: 'corners' },
    holes: [{ fixes: placed(rectangle(20, 10, 20, 15), 100), closed_t_ms: 180_000, method: 'corners' }],
  },
  { name: 'a tape', true_m2: 2400, exterior: { fixes: taped(), closed_t_ms: 0, method: 'tape' } },
  {
    name: 'two laps', true_m2: 2400, lap_ends_t_ms: [200_000],
    exterior: { fixes: [...first, ...walkAlong(FIELD, 4, 215)], closed_t_ms: 415_000, interruptions: [{ from_t_ms: 199_000, to_t_ms: 215_000, cause: 'paused' }] },
  },
  {
    name: 'an outline of before', true_m2: 2400,
    exterior: {
      fixes: positions(FIELD).slice(0, -1).map(([lon, lat]) => ({ lon, lat, accuracy_m: 5, t_ms: 0, fixed_at: '', source: 'earlier' })),
      closed_t_ms: 0, method: 'earlier',
    },
  },
  { name: 'a corner moved by hand', true_m2: 2400 + 3 * 50, exterior: { fixes: moveHandle(first, [0, 60, 100, 160], 60, 3, -3), closed_t_ms: 200_000 } },
];

function manifestOf({ exterior, holes = [] }: Case): string {
  const captured: Captured = {
    ...exterior, holes, submission_id: id(1), task_id: id(2), device_id: id(5), app_version: '0.1.0',
    started_at: '2026-03-01T02:00:00Z', finished_at: '2026-03-01T02:30:00Z', clock_offset_ms: -80,
    programme: { code: 'RA-2026', policy_version: 1 }, plot: { id: id(3), household_id: id(4) },
    counts: { live: 220, dead: 4, missing: 2 }, photos: [PHOTO], remark: '', predecessor_id: null,
  };
  return canonicalJson(buildManifest(captured));
}

test.each(CASES.map((each) => [each.name, each] as const))('the phone measures %s', (_name, { exterior, holes = [], true_m2, lap_ends_t_ms }) => {
  const ring = ({ method, fixes }: SentRing) => ({ method, fixes, closed: true });
  const figures = boundaryFigures({ ...ring(exterior), lap_ends_t_ms }, holes.map(ring), POLICY);

  expect(figures.area_m2 / true_m2).toBeCloseTo(1, 3);
  expect(figures.tolerance_m2).toBeGreaterThan(0);
});

test('the server reads these very manifests', async () => {
  const lines = CASES.map((each) => `{"name":${JSON.stringify(each.name)},"true_m2":${each.true_m2},"manifest":${manifestOf(each)}}`);

  await expect(`[${lines.join(',\n ')}]\n`).toMatchFileSnapshot('../../../tests/payloads/boundary-manifests.json');
});
