/**
 * Words. The Chinese text is the message id; English comes from the catalogue, loaded only when it is read.
 * Babel reads the calls, so they take literal strings only. Placeholders are written {n}.
 */

import type { Language } from './language';
import { messageKey } from './message-key';

type Values = Readonly<Record<string, string | number>>;

let language: Language = 'zh';
let catalogue: typeof import('virtual:messages/en') | null = null;

export async function useLanguage(wanted: Language): Promise<void> {
  catalogue = wanted === 'en' ? await import('virtual:messages/en') : null;
  language = wanted;
  document.documentElement.lang = languageTag();
}

export function currentLanguage(): Language {
  return language;
}

export function languageTag(): string {
  return language === 'zh' ? 'zh-CN' : 'en';
}

function translated(id: string) {
  return catalogue?.messages[messageKey(id, catalogue.salt)];
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** A text. */
export function t(message: string, values: Values = {}): string {
  const found = translated(message) ?? message;
  return fill(typeof found === 'string' ? found : found[1], values);
}

/** A text that counts; {n} is the count. */
export function tn(one: string, other: string, n: number, values: Values = {}): string {
  const found = translated(one) ?? (n === 1 ? one : other);
  return fill(typeof found === 'string' ? found : found[n === 1 ? 0 : 1], { n, ...values });
}

/** A text whose Chinese word has two meanings, told apart by a context. */
export function tp(context: string, message: string, values: Values = {}): string {
  const found = translated(`${context}\u0004${message}`) ?? message;
  return fill(typeof found === 'string' ? found : found[1], values);
}

/** The reader's half of a pair that comes with the data. */
export function either(zh: string, en: string): string {
  return language === 'zh' ? zh : en || zh;
}
