/** The standards of planting (种植标准): which are asked on this land, and what an answer comes to, as the server judges it. */

import type { LandType, Measure, Standard, StandardAnswer } from './wire';

export type Answer = StandardAnswer['answer'];
export type StandardOutcome = 'passed' | 'in_doubt' | 'failed' | 'not_applicable';

/** An answer being given: a figure may stand there before the word does. */
export interface StandardDraft {
  code: string;
  answer: Answer | null;
  value: number | null;
  /** The figure as it was typed. */
  typed: string;
  note: string;
  /** Hashes of photos of this capture. */
  photos: string[];
}

/** The standards that hold on this land; an unknown slope asks them all. */
export function asked(standards: readonly Standard[], land_type: LandType, slope_deg: number | null): Standard[] {
  return standards.filter(({ land_types, above_slope_deg }) =>
    land_types.includes(land_type) && (above_slope_deg == null || slope_deg === null || slope_deg > above_slope_deg));
}

/** The slope above which more is asked on this land, null where none depends on it. */
export function slopeThatMatters(standards: readonly Standard[], land_type: LandType): number | null {
  const limits = standards.flatMap(({ land_types, above_slope_deg }) =>
    land_types.includes(land_type) && above_slope_deg != null ? [above_slope_deg] : []);
  return limits.length > 0 ? Math.min(...limits) : null;
}

export function allows(measure: Measure, value: number): boolean {
  return (measure.min == null || value >= measure.min) && (measure.max == null || value <= measure.max);
}

/** Unmet fails; an answer that its own figure contradicts, or none at all, is for a person. */
export function judgeStandard(standard: Standard, said: Pick<StandardAnswer, 'answer' | 'value'> | null): StandardOutcome {
  if (said === null) return 'in_doubt';
  if (said.answer === 'not_applicable') return 'not_applicable';
  if (said.answer === 'unmet') return 'failed';
  return said.value == null || !standard.measure || allows(standard.measure, said.value) ? 'passed' : 'in_doubt';
}

const BLANK: Omit<StandardDraft, 'code'> = { answer: null, value: null, typed: '', note: '', photos: [] };

export function draftOf(drafts: readonly StandardDraft[] | undefined, code: string): StandardDraft {
  return drafts?.find((draft) => draft.code === code) ?? { code, ...BLANK };
}

/** The drafts with one of them changed, or begun. */
export function withDraft(
  drafts: readonly StandardDraft[] | undefined,
  code: string,
  change: (old: StandardDraft) => Partial<StandardDraft>,
): StandardDraft[] {
  const old = draftOf(drafts, code);
  return [...(drafts ?? []).filter((draft) => draft.code !== code), { ...old, ...change(old) }];
}

/** What an answer still lacks: the word itself, or for 不符合 a figure or a photo that shows it. */
export function lackOf(draft: StandardDraft, hashes: ReadonlySet<string>): 'answer' | 'evidence' | null {
  if (draft.answer === null) return 'answer';
  const shown = draft.value !== null || draft.photos.some((hash) => hashes.has(hash));
  return draft.answer === 'unmet' && !shown ? 'evidence' : null;
}

/** A judgement of a draft; null while it is not answered. */
export function judgeDraft(standard: Standard, draft: StandardDraft): StandardOutcome | null {
  return draft.answer === null ? null : judgeStandard(standard, { answer: draft.answer, value: draft.value });
}

/** Answers as the manifest carries them: of the standards asked, with photos that are still there. */
export function answersSent(
  questions: readonly Standard[],
  drafts: readonly StandardDraft[] | undefined,
  hashes: ReadonlySet<string>,
): StandardAnswer[] {
  return questions.flatMap(({ code }) => {
    const { answer, value, note, photos } = draftOf(drafts, code);
    if (answer === null) return [];
    const kept = photos.filter((hash) => hashes.has(hash));
    return [{
      code, answer,
      ...(value !== null && { value }),
      ...(note.trim() !== '' && { note: note.trim() }),
      ...(kept.length > 0 && { photos: kept }),
    }];
  });
}

/** A figure as people type it, with a comma or a full-width point; null while it is none. */
export function figureTyped(text: string): number | null {
  const plain = text.trim().replace(/[，,。．]/, '.').replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
  return /^\d+\.?\d*$|^\.\d+$/.test(plain) ? Number(plain) : null;
}
