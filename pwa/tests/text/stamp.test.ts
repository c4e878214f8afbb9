import { describe, expect, it } from 'vitest';
import { stamps } from '../../../tests/payloads/stamps.json';
import { stampOf, type StampFacts } from '../../src/text/stamp';

describe('the stamp', () => {
  it.each(stamps)('reads $lines as the server writes it', ({ facts, time, lines }) => {
    // What the inspector sees in the viewfinder is what stands under the picture in the archive.
    expect(stampOf(facts as StampFacts)).toEqual({ time, lines });
  });
});
