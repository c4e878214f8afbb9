import { expect, test } from 'vitest';
import { inspectedBy } from '../../src/domain/visits';
import type { Visit } from '../../src/domain/wire';

const visit = (plot_id: string, at: string, state: Visit['state'], by: string): Visit => ({ plot_id, at, state, by, note: '' });

test('who inspected a plot is named before it is done twice, not when it came back or nobody was at home', () => {
  const visits = [
    visit('a', '2026-04-02T03:00:00Z', 'awaiting_review', '韦量田'),
    visit('a', '2026-04-01T03:00:00Z', 'returned', '覃志明'),
    visit('a', '2026-04-03T03:00:00Z', 'absent', '覃志明'),
    visit('b', '2026-04-01T03:00:00Z', 'approved', '覃志明'),
    visit('b', '2026-04-02T03:00:00Z', 'returned', '覃志明'),
  ];

  expect(inspectedBy(visits, 'a')).toBe('韦量田');
  expect(inspectedBy(visits, 'b')).toBeNull();
  expect(inspectedBy(visits, 'c')).toBeNull();
});
