/** Who signs what was found (签名): inspectors, household, village; a refusal with reason and witness stands in a signature's place. */

import type { Signature, SignOff } from './wire';

export type StandsFor = NonNullable<Signature['stands_for']>;

/** A signature being given; nothing of it is lost before it is whole. */
export interface SignatureDraft {
  name: string;
  stands_for: StandsFor;
  /** Hash of the photo of this capture that shows it. */
  photo: string | null;
  /** Will not sign; the signature itself, if there was one, stays. */
  refuses: boolean;
  reason: string;
  witness: string;
}

export interface Signing {
  inspectors: SignatureDraft[];
  household: SignatureDraft;
  village: SignatureDraft;
}

export type Party = keyof Signing;

/** One signature of a signing; `index` counts inspectors. */
export interface Signer {
  party: Party;
  index: number;
}

export interface Terms {
  inspectors: number;
  household: boolean;
  village: boolean;
}

const BLANK: SignatureDraft = { name: '', stands_for: 'self', photo: null, refuses: false, reason: '', witness: '' };

/** An empty signing: the householder is known by name, and inspectors as far as they are given. */
export function newSigning(terms: Terms, inspector_names: readonly string[], head_name: string): Signing {
  const inspectors = Array.from({ length: Math.max(1, terms.inspectors) }, (_, i) => ({ ...BLANK, name: inspector_names[i] ?? '' }));
  return { inspectors, household: { ...BLANK, name: head_name }, village: { ...BLANK, stands_for: 'representative' } };
}

export function signatureAt(signing: Signing, { party, index }: Signer): SignatureDraft {
  return party === 'inspectors' ? signing.inspectors[index] ?? BLANK : signing[party];
}

export function withSignature(signing: Signing, { party, index }: Signer, change: Partial<SignatureDraft>): Signing {
  if (party !== 'inspectors') return { ...signing, [party]: { ...signing[party], ...change } };
  const inspectors = [...signing.inspectors];
  inspectors[index] = { ...signatureAt(signing, { party, index }), ...change };
  return { ...signing, inspectors };
}

export function withInspector(signing: Signing): Signing {
  return { ...signing, inspectors: [...signing.inspectors, BLANK] };
}

/** signed, refused, or what is missing: 'name', 'signature', 'reason'. */
export type SignatureState = 'signed' | 'refused' | 'name' | 'signature' | 'reason';

export function stateOf(draft: SignatureDraft, hashes: ReadonlySet<string>): SignatureState {
  if (draft.name.trim() === '') return 'name';
  if (draft.refuses) return draft.reason.trim() !== '' && draft.witness.trim() !== '' ? 'refused' : 'reason';
  return draft.photo !== null && hashes.has(draft.photo) ? 'signed' : 'signature';
}

function settled(draft: SignatureDraft, hashes: ReadonlySet<string>): boolean {
  const state = stateOf(draft, hashes);
  return state === 'signed' || state === 'refused';
}

/** Everybody the policy asks, and inspectors beyond that who were added. */
export function signersOf(terms: Terms, signing: Signing): Signer[] {
  return [
    ...signing.inspectors.map((_, index): Signer => ({ party: 'inspectors', index })),
    ...(terms.household ? [{ party: 'household' as const, index: 0 }] : []),
    ...(terms.village ? [{ party: 'village' as const, index: 0 }] : []),
  ];
}

/** The same inspector twice counts once: two people must have been there. */
export function namedTwice(signing: Signing, index: number): boolean {
  const name = signing.inspectors[index]?.name.trim() ?? '';
  return name !== '' && signing.inspectors.findIndex((each) => each.name.trim() === name) < index;
}

/** Whose signature is missing. An inspector added beyond the number asked may stay empty. */
export function missingSigners(terms: Terms, signing: Signing, hashes: ReadonlySet<string>): Signer[] {
  return signersOf(terms, signing).filter(({ party, index }) => {
    const draft = signatureAt(signing, { party, index });
    if (party !== 'inspectors') return !settled(draft, hashes);
    if (index >= terms.inspectors && draft.photo === null) return false;
    return stateOf(draft, hashes) !== 'signed' || namedTwice(signing, index);
  });
}

function sent(draft: SignatureDraft, hashes: ReadonlySet<string>): Signature | null {
  const name = draft.name.trim();
  const { stands_for, photo } = draft;
  switch (stateOf(draft, hashes)) {
    case 'signed': return { name, stands_for, photo };
    case 'refused': return { name, stands_for, refusal: { reason: draft.reason.trim(), witness: draft.witness.trim() } };
    default: return null;
  }
}

/** The signatures as the manifest carries them; undefined when the policy asks for none. */
export function signOffSent(terms: Terms | null, signing: Signing | undefined, hashes: ReadonlySet<string>): SignOff | undefined {
  if (!terms || !signing) return undefined;
  const whole = (draft: SignatureDraft) => sent(draft, hashes);
  return {
    inspectors: signing.inspectors.flatMap((draft, index) => (namedTwice(signing, index) ? [] : whole(draft) ?? [])),
    ...(terms.household && { household: whole(signing.household) }),
    ...(terms.village && { village: whole(signing.village) }),
  };
}
