/**
 * The English of the phone, from the one catalogue (locale/en.po), as the module `virtual:messages/en`.
 *
 * Only messages the sources use go in. Ids are as gettext has them: the Chinese text, with its context and U+0004 in
 * front where there is one; in the module a short key of it stands for it. A plural is a pair [one, other].
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { po } from 'gettext-parser';
import type { Plugin } from 'vite';
import { messageKey } from '../src/text/message-key.ts';

export type Message = string | [one: string, other: string];

const CALL = /\bt(?:([np])\(\s*'((?:[^'\\]|\\.)*)',\s*'((?:[^'\\]|\\.)*)'|\(\s*'((?:[^'\\]|\\.)*)')/g;

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Keys of all messages the sources ask for. */
export function usedKeys(folder: string): Set<string> {
  const keys = new Set<string>();
  for (const text of sources(folder)) {
    for (const [, kind, first = '', second = '', plain] of text.matchAll(CALL)) {
      const key = plain ?? (kind === 'p' ? `${first}\u0004${second}` : first);
      keys.add(key.replaceAll("\\'", "'"));
    }
  }
  return keys;
}

function fromCatalogue(path: string): Map<string, Message> {
  const messages = new Map<string, Message>();
  for (const [context, entries] of Object.entries(po.parse(readFileSync(path)).translations)) {
    for (const [id, { msgstr, comments }] of Object.entries(entries)) {
      const [one = '', other] = msgstr;
      if (id === '' || one === '' || comments?.flag?.includes('fuzzy')) continue;
      messages.set(context === '' ? id : `${context}\u0004${id}`, other === undefined ? one : [one, other]);
    }
  }
  return messages;
}

/** Used messages with their English, and those that have none yet. */
export function englishMessages(root: string): { messages: Record<string, Message>; missing: string[] } {
  const known = fromCatalogue(join(root, '../locale/en.po'));
  const messages: Record<string, Message> = {};
  const missing: string[] = [];
  for (const key of [...usedKeys(join(root, 'src'))].sort()) {
    const message = known.get(key);
    if (message === undefined) missing.push(key);
    else messages[key] = message;
  }
  return { messages, missing };
}

/** The messages by their short keys, with a salt by which no two have the same. */
export function byShortKeys(messages: Record<string, Message>): { salt: number; messages: Record<string, Message> } {
  const ids = Object.entries(messages);
  for (let salt = 0; ; salt += 1) {
    const short = Object.fromEntries(ids.map(([id, message]) => [messageKey(id, salt), message]));
    if (Object.keys(short).length === ids.length) return { salt, messages: short };
  }
}

const ID = 'virtual:messages/en';

export function messagesPlugin(root: string): Plugin {
  return {
    name: 'yanshou-messages',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return;
      const { messages, missing } = englishMessages(root);
      for (const key of missing) this.warn(`no English for ${JSON.stringify(key)}`);
      const short = byShortKeys(messages);
      return `export const salt = ${short.salt}, messages = ${JSON.stringify(short.messages)}`;
    },
  };
}
