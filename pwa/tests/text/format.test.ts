import { expect, test } from 'vitest';
import { byteSize } from '../../src/text/format';

test.each([
  [0, '0.0 MB'],
  [734, '1 KB'],
  [350_000, '0.4 MB'],
  [2_400_000, '2.4 MB'],
  [10_737_418_240, '10.7 GB'],
])('a size is written as people say it: %d', (bytes, said) => {
  expect(byteSize(bytes)).toBe(said);
});
