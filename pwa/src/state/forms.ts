/** What the steps after the walk ask of a capture: counts that hold, standards answered, signatures given. */

import type { Capture, StoredPhoto } from '../db/schema';
import { missingSigners, newSigning, signOffSent, type Signer, type Signing, type Terms } from '../domain/sign-off';
import { answersSent, asked, draftOf, judgeDraft, lackOf } from '../domain/standards';
import type { Household, Plot, Programme, SignOff, Standard, StandardAnswer } from '../domain/wire';

/** A capture with what it is about; `CaptureWork` is one. */
export interface Filled {
  capture: Capture;
  photos: readonly StoredPhoto[];
  subject: { programme: Programme; plot: Plot; household: Household };
}

export type MissingForm =
  | { step: 'counts'; what: 'sample'; min_rows: number }
  | { step: 'standards'; what: 'standard' | 'evidence'; standard: Standard }
  | { step: 'confirm'; what: 'signature'; signer: Signer };

export function hashesOf({ photos }: Pick<Filled, 'photos'>): ReadonlySet<string> {
  return new Set(photos.map((photo) => photo.sha256));
}

export function questionsOf({ capture, subject }: Pick<Filled, 'capture' | 'subject'>): Standard[] {
  return asked(subject.programme.policy.standards ?? [], subject.plot.land_type, capture.slope_deg ?? null);
}

export function termsOf({ subject }: Pick<Filled, 'subject'>): Terms | null {
  return subject.programme.policy.sign_off ?? null;
}

/** The signatures so far; `inspector_names` are proposed where none was written yet. */
export function signingOf(filled: Filled, inspector_names: readonly string[] = []): Signing | null {
  const terms = termsOf(filled);
  return terms && (filled.capture.signing ?? newSigning(terms, inspector_names, filled.subject.household.head_name));
}

/** Standards answered 不符合. */
export function unmetStandards(filled: Pick<Filled, 'capture' | 'subject'>): Standard[] {
  return questionsOf(filled).filter(({ code }) => draftOf(filled.capture.standards, code).answer === 'unmet');
}

/** Answers a person should look at: not met, or contradicted by their own figure. */
export function troubledStandards(filled: Filled): Standard[] {
  return questionsOf(filled).filter((standard) => {
    const outcome = judgeDraft(standard, draftOf(filled.capture.standards, standard.code));
    return outcome === 'failed' || outcome === 'in_doubt';
  });
}

export function missingForms(filled: Filled): MissingForm[] {
  const { capture, subject } = filled;
  const hashes = hashesOf(filled);
  const missing: MissingForm[] = [];
  const { sampling } = subject.programme.policy;
  if (capture.counting?.method === 'sample' && sampling && (capture.counting.rows ?? []).length < sampling.min_rows) {
    missing.push({ step: 'counts', what: 'sample', min_rows: sampling.min_rows });
  }
  for (const standard of questionsOf(filled)) {
    const lack = lackOf(draftOf(capture.standards, standard.code), hashes);
    if (lack) missing.push({ step: 'standards', what: lack === 'answer' ? 'standard' : 'evidence', standard });
  }
  const terms = termsOf(filled);
  const signing = signingOf(filled);
  if (terms && signing) {
    for (const signer of missingSigners(terms, signing, hashes)) missing.push({ step: 'confirm', what: 'signature', signer });
  }
  return missing;
}

export function answersGiven(filled: Filled): StandardAnswer[] {
  return answersSent(questionsOf(filled), filled.capture.standards, hashesOf(filled));
}

export function signOffGiven(filled: Filled): SignOff | undefined {
  return signOffSent(termsOf(filled), filled.capture.signing, hashesOf(filled));
}
