/** How large the parts are; tests/torture/part_size.py is held to the same file. */

import { describe, expect, test } from 'vitest';
import { KIB, PartSize } from '../../src/outbox/part-size';
import cases from '../../../tests/payloads/part-sizes.json';

test.each(cases)('$name', ({ steps }) => {
  const size = new PartSize();
  for (const [what, ...given] of steps) {
    const [first = 0, second = 0] = given as number[];
    let begun: number | undefined;
    if (what === 'carried') size.succeeded(first, second);
    else if (what === 'broke') size.failed();
    else if (what === 'limit') size.limit(first, second);
    else if (what === 'too_large') size.tooLarge(first);
    else begun = size.opening();

    expect(begun ?? size.bytes).toBe(given.at(-1));
  }
});

/** Sends `wanted` bytes over a line that breaks, to a server that keeps whole parts only; sent for each that arrived. */
function share(size: PartSize, wanted: number, nextBreak: () => number): number {
  let held = 0;
  let sent = 0;
  let until_break = nextBreak();
  while (held < wanted) {
    const part = Math.min(size.bytes, wanted - held);
    if (part <= until_break) {
      held += part;
      sent += part;
      until_break -= part;
      size.succeeded(part, 200);
    } else {
      sent += until_break;
      size.failed();
      size.limit(null, null);
      until_break = nextBreak();
    }
  }
  return sent / held;
}

function chance(seed: number): () => number {
  let state = seed;
  return () => { state = (state * 16_807) % 2_147_483_647; return state / 2_147_483_647; };
}

describe('on a line that breaks every 20 to 200 KB', () => {
  test('photos of a megabyte go with less than a fifth sent twice', () => {
    const random = chance(7);
    const size = new PartSize();
    const shares = Array.from({ length: 200 }, () => share(size, 1_000_000, () => 20_000 + random() * 180_000));

    expect(shares.reduce((sum, each) => sum + each, 0) / shares.length).toBeLessThan(1.2);
    expect(Math.max(...shares)).toBeLessThan(1.3);
  });

  test('so does nearly each of those that do not know the line yet', () => {
    const firsts = Array.from({ length: 200 }, (_, i) => {
      const random = chance(i + 1);
      return share(new PartSize(), 1_000_000, () => 20_000 + random() * 180_000);
    });

    expect(firsts.filter((each) => each < 1.3).length).toBeGreaterThan(190);
  });
});

test('a good line is not held back by one break', () => {
  const size = new PartSize();
  for (let i = 0; i < 200; i += 1) size.succeeded(size.bytes, 500);
  size.failed();
  size.succeeded(size.bytes, 500);

  expect(size.bytes).toBeGreaterThan(2 * KIB * KIB);
});
