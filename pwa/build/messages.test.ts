import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { englishMessages } from './messages.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

test('every message of the phone has its English, with the same placeholders', () => {
  const { messages, missing } = englishMessages(root);
  const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

  expect(missing).toEqual([]);
  for (const [id, english] of Object.entries(messages)) {
    for (const form of [english].flat()) expect({ id, holes: holes(form) }).toEqual({ id, holes: holes(id) });
  }
});
