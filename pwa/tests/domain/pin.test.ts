import { expect, test } from 'vitest';
import { awayTooLong, isGuessable, isPin, LOCK_AFTER_MS, openSeal, sealToken } from '../../src/domain/pin';

/** The tests need the way, not its slowness. */
const FEW = 1_000;

test('the right PIN gives the token back, any other gives nothing', async () => {
  const seal = await sealToken('the token', '402913', FEW);

  expect(await openSeal(seal, '402913')).toBe('the token');
  expect(await openSeal(seal, '402914')).toBeNull();
});

test('two seals of the same token and PIN have nothing in common', async () => {
  const [a, b] = await Promise.all([sealToken('the token', '402913', FEW), sealToken('the token', '402913', FEW)]);

  expect(new Uint8Array(a.sealed)).not.toEqual(new Uint8Array(b.sealed));
});

test('a seal that was altered opens with no PIN', async () => {
  const seal = await sealToken('the token', '402913', FEW);
  const sealed = seal.sealed.slice(0);
  const bytes = new Uint8Array(sealed);
  bytes[0] = (bytes[0] ?? 0) ^ 1;

  expect(await openSeal({ ...seal, sealed }, '402913')).toBeNull();
});

test('a PIN is six digits, and not what everybody tries first', () => {
  expect(['402913', '40291', '4029133', '40291a', ''].map(isPin)).toEqual([true, false, false, false, false]);
  expect(['111111', '123456', '654321', '402913', '135791'].map(isGuessable)).toEqual([true, true, true, false, false]);
});

test('a phone put away for hours asks again, and so does one whose clock went back', () => {
  const now = Date.parse('2026-04-18T08:00:00Z');

  expect(awayTooLong(now - LOCK_AFTER_MS - 1, now)).toBe(true);
  expect(awayTooLong(now - 60_000, now)).toBe(false);
  expect(awayTooLong(now + 24 * 3_600_000, now)).toBe(true);
  expect(awayTooLong(null, now)).toBe(false);
});
