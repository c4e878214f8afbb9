import { expect, test } from 'vitest';
import { missingSigners, newSigning, signOffSent, withInspector, withSignature, type Signer, type Signing } from '../../src/domain/sign-off';

const TERMS = { inspectors: 2, household: true, village: false };
const FIRST: Signer = { party: 'inspectors', index: 0 };
const SECOND: Signer = { party: 'inspectors', index: 1 };
const HOUSEHOLD: Signer = { party: 'household', index: 0 };
const THERE = new Set(['a', 'b', 'c']);

function signed(): Signing {
  let signing = newSigning(TERMS, ['王强'], '李××');
  signing = withSignature(signing, FIRST, { photo: 'a' });
  signing = withSignature(signing, SECOND, { name: '覃志明', photo: 'b' });
  return withSignature(signing, HOUSEHOLD, { photo: 'c' });
}

test('everybody the policy asks signs, with name and picture', () => {
  expect(missingSigners(TERMS, newSigning(TERMS, ['王强'], '李××'), THERE)).toEqual([FIRST, SECOND, HOUSEHOLD]);
  expect(missingSigners(TERMS, signed(), THERE)).toEqual([]);
});

test('a signature whose picture is gone is none', () => {
  expect(missingSigners(TERMS, signed(), new Set(['a', 'b']))).toEqual([HOUSEHOLD]);
});

test('the same inspector twice is one', () => {
  expect(missingSigners(TERMS, withSignature(signed(), SECOND, { name: ' 王强 ' }), THERE)).toEqual([SECOND]);
});

test('a third inspector may be added and left empty', () => {
  expect(missingSigners(TERMS, withInspector(signed()), THERE)).toEqual([]);
});

test('a refusal with reason and witness stands in place of a signature, and nothing less does', () => {
  const refusing = withSignature(signed(), HOUSEHOLD, { refuses: true, reason: '面积有异议' });

  expect(missingSigners(TERMS, refusing, THERE)).toEqual([HOUSEHOLD]);
  const whole = withSignature(refusing, HOUSEHOLD, { witness: '黄组长' });
  expect(missingSigners(TERMS, whole, THERE)).toEqual([]);
  expect(signOffSent(TERMS, whole, THERE)?.household).toEqual({
    name: '李××', stands_for: 'self', refusal: { reason: '面积有异议', witness: '黄组长' },
  });
});

test('what is sent holds either a picture or a refusal, and no party that was not asked', () => {
  expect(signOffSent(TERMS, signed(), THERE)).toEqual({
    inspectors: [{ name: '王强', stands_for: 'self', photo: 'a' }, { name: '覃志明', stands_for: 'self', photo: 'b' }],
    household: { name: '李××', stands_for: 'self', photo: 'c' },
  });
  expect(signOffSent(null, signed(), THERE)).toBeUndefined();
});
