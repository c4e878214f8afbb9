import { expect, test } from 'vitest';
import { judge, waitMs } from '../../src/outbox/judge';

test.each([
  [200, 'held'], [201, 'held'], [202, 'set_aside'], [401, 'sign_in'], [409, 'refused'], [413, 'refused'], [422, 'refused'],
  [408, 'retry'], [429, 'retry'], [500, 'retry'], [503, 'retry'], [302, 'retry'], [204, 'retry'], [undefined, 'retry'],
] as const)('%s is %s', (status, judgement) => {
  expect(judge(status)).toBe(judgement);
});

test('no wait is longer than a quarter of an hour, none shorter than half its full length', () => {
  expect(waitMs(50, () => 1)).toBe(900_000);
  expect(waitMs(1, () => 0)).toBe(2_500);
});
