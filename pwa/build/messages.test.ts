import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { messageKey } from '../src/text/message-key.ts';
import { byShortKeys, englishMessages } from './messages.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

test('every message of the phone has its English, with the same placeholders', () => {
  const { messages, missing } = englishMessages(root);
  const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

  expect(missing).toEqual([]);
  for (const [id, english] of Object.entries(messages)) {
    for (const form of [english].flat()) expect({ id, holes: holes(form) }).toEqual({ id, holes: holes(id) });
  }
});

test('each message is found by its short key, and no two share one', () => {
  const { messages } = englishMessages(root);
  const short = byShortKeys(messages);

  expect(Object.keys(short.messages)).toHaveLength(Object.keys(messages).length);
  for (const [id, english] of Object.entries(messages)) expect(short.messages[messageKey(id, short.salt)]).toEqual(english);
});
