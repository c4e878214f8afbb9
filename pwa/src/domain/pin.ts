/**
 * A session token wrapped under a 6-digit PIN (解锁码): PBKDF2-SHA-256 gives an AES-GCM key, so a wrong PIN is known by
 * the tag and nothing to compare with is kept. What this can and cannot stop: docs/decisions/0011-pin.md.
 */

export interface Seal {
  salt: ArrayBuffer;
  iterations: number;
  iv: ArrayBuffer;
  sealed: ArrayBuffer;
}

export const PIN_LENGTH = 6;
/** After so many wrong PINs in a row only the password opens the account. */
export const PIN_TRIES = 5;
/** About a second on a cheap phone. */
const ITERATIONS = 300_000;

export function isPin(text: string): boolean {
  return /^\d{6}$/.test(text);
}

/** One digit six times, or six in a row: the first a stranger tries. */
export function isGuessable(pin: string): boolean {
  const digits = Array.from(pin, Number);
  const steps = digits.slice(1).map((digit, i) => digit - (digits[i] ?? 0));
  return steps.every((step) => step === steps[0]) && Math.abs(steps[0] ?? 0) <= 1;
}

async function keyOf(pin: string, salt: ArrayBuffer, iterations: number): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'],
  );
}

export async function sealToken(token: string, pin: string, iterations = ITERATIONS): Promise<Seal> {
  const salt = crypto.getRandomValues(new Uint8Array(16)).buffer;
  const iv = crypto.getRandomValues(new Uint8Array(12)).buffer;
  const key = await keyOf(pin, salt, iterations);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, new TextEncoder().encode(token));
  return { salt, iterations, iv, sealed };
}

/** The token, or null when the PIN is another one. */
export async function openSeal({ salt, iterations, iv, sealed }: Seal, pin: string): Promise<string | null> {
  const key = await keyOf(pin, salt, iterations);
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed));
  } catch {
    return null;
  }
}

/** Whether a phone that was put away this long asks for the PIN; a clock that was set back counts as long. */
export const LOCK_AFTER_MS = 4 * 60 * 60_000;

export function awayTooLong(seen_ms: number | null, now_ms: number): boolean {
  if (seen_ms === null) return false;
  return now_ms - seen_ms > LOCK_AFTER_MS || seen_ms - now_ms > 60 * 60_000;
}
