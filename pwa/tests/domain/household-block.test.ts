import { expect, test } from 'vitest';
import { areaM2, muOf } from '../../src/domain/area';
import { blockBeside } from '../../src/domain/household-block';
import { judgeCapture } from '../../src/domain/verdict';
import type { Plot, Position } from '../../src/domain/wire';
import { POLICY } from '../policy';

const RING: Position[] = [[109.4, 25.2], [109.4003, 25.2], [109.4003, 25.2003], [109.4, 25.2003], [109.4, 25.2]];
const POND: Position[] = [[109.4001, 25.2001], [109.4002, 25.2001], [109.4002, 25.2002], [109.4001, 25.2001]];
const RING_MU = muOf(areaM2(RING));
const plot = (id: string, rings: Position[][] | null) =>
  ({ id, declared_mu: 2, boundary: rings && { type: 'Polygon', coordinates: rings } }) as Plot;
const small = (beside?: ReturnType<typeof blockBeside>) =>
  judgeCapture({ area_m2: 250, tolerance_m2: 10 }, { live: 0, dead: 0, missing: 0 }, POLICY, { person_count: 1 }, beside && { beside });

test('a plot too small by itself is one with what it shares a ridge with', () => {
  const verdict = small(blockBeside([plot('a', [RING])], [{ plot_id: 'a', joined: true }]));

  expect(small().barred).toEqual(['block']);
  expect(verdict.block).toMatchObject({ outcome: 'passed' });
  expect(verdict.block?.value).toBeCloseTo(0.375 + RING_MU);
  expect(verdict.barred).toEqual([]);
});

test('as long as nobody has said, it is in doubt and not refused', () => {
  expect(small(blockBeside([plot('a', [RING])], [])).block?.outcome).toBe('in_doubt');
  expect(small(blockBeside([plot('a', [RING])], [{ plot_id: 'a', joined: false }])).barred).toEqual(['block']);
});

test('a pond is no land, and a plot nobody has outlined yet counts for nothing that is certain', () => {
  expect(blockBeside([plot('a', [RING, POND])], [{ plot_id: 'a', joined: true }]).joined_mu).toBeCloseTo(RING_MU - muOf(areaM2(POND)));
  expect(blockBeside([plot('b', null)], [{ plot_id: 'b', joined: true }])).toEqual({ joined_mu: 0, possible_mu: 2 });
});
