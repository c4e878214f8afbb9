import { describe, expect, test } from 'vitest';
import vectors from '../../../tests/payloads/standards-vectors.json';
import { answersSent, asked, draftOf, figureTyped, judgeStandard, lackOf, slopeThatMatters, withDraft, type Answer } from '../../src/domain/standards';
import type { LandType, Standard } from '../../src/domain/wire';

const STANDARDS = vectors.standards as Standard[];
const standard = (code: string): Standard => {
  const found = STANDARDS.find((each) => each.code === code);
  if (!found) throw new Error(code);
  return found;
};

describe('phone and server ask and judge alike', () => {
  test.each(vectors.asked.map((vector) => [`${vector.land_type} ${vector.slope_deg}`, vector] as const))('%s', (_name, vector) => {
    expect(asked(STANDARDS, vector.land_type as LandType, vector.slope_deg).map(({ code }) => code)).toEqual(vector.codes);
  });

  test.each(vectors.judged.map((vector) => [`${vector.code} ${vector.answer} ${vector.value}`, vector] as const))('%s', (_name, vector) => {
    const said = vector.answer === null ? null : { answer: vector.answer as Answer, value: vector.value };

    expect(judgeStandard(standard(vector.code), said)).toBe(vector.outcome);
  });
});

test('what is not met needs a figure or a photo that is still there', () => {
  let drafts = withDraft(undefined, 'weeds', () => ({ answer: 'unmet', photos: ['a'] }));

  expect(lackOf(draftOf(drafts, 'weeds'), new Set())).toBe('evidence');
  expect(lackOf(draftOf(drafts, 'weeds'), new Set(['a']))).toBeNull();
  drafts = withDraft(drafts, 'weeds', () => ({ value: 3 }));
  expect(lackOf(draftOf(drafts, 'weeds'), new Set())).toBeNull();
  expect(lackOf(draftOf(drafts, 'shade'), new Set())).toBe('answer');
});

test('only what is asked, answered and still there is sent', () => {
  const drafts = [
    ...withDraft(undefined, 'weeds', () => ({ answer: 'unmet', photos: ['a', 'gone'], note: ' tall ' })),
    ...withDraft(undefined, 'mound', () => ({ value: 12, typed: '12' })),
    ...withDraft(undefined, 'terrace_width', () => ({ answer: 'met', value: 2.5, typed: '2.5' })),
  ];

  expect(answersSent(asked(STANDARDS, 'slope', 10), drafts, new Set(['a']))).toEqual([
    { code: 'weeds', answer: 'unmet', note: 'tall', photos: ['a'] },
  ]);
  expect(answersSent(asked(STANDARDS, 'slope', null), drafts, new Set())[0]).toEqual({ code: 'terrace_width', answer: 'met', value: 2.5 });
});

test('the slope is asked where a standard depends on it', () => {
  expect(slopeThatMatters(STANDARDS, 'slope')).toBe(25);
  expect(slopeThatMatters(STANDARDS, 'paddy')).toBeNull();
});

test.each([['34', 34], ['2.5', 2.5], ['2,5', 2.5], ['２．５', 2.5], ['3.', 3], ['', null], ['-1', null], ['1e3', null], ['abc', null]])(
  'the figure typed as "%s" is %s', (text, value) => { expect(figureTyped(text)).toBe(value); },
);
