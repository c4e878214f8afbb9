/** Short keys for the catalogue of another language: a message's own text would weigh as much as its translation. */

const BITS = 20;

/** FNV-1a, folded. The build chooses a salt with which no two messages have the same key. */
export function messageKey(id: string, salt: number): string {
  let hash = 0x811c9dc5 ^ salt;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> BITS)) & ((1 << BITS) - 1)).toString(36);
}
