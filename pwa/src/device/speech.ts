/** Reads a text out, by a voice that lies on the phone: an orchard has no network for another. */

/** A voice of this phone for the language; null where there is none. */
export function localVoice(language: string): SpeechSynthesisVoice | null {
  const speech = window.speechSynthesis as SpeechSynthesis | undefined;
  const [wanted = ''] = language.toLowerCase().split('-');
  return speech?.getVoices().find(({ lang, localService }) => localService && lang.toLowerCase().startsWith(wanted)) ?? null;
}

/** Called when the voices change: some browsers list them late. */
export function onVoices(listener: () => void): () => void {
  const speech = window.speechSynthesis as SpeechSynthesis | undefined;
  // Old Safari has the voices but not the event.
  if (typeof speech?.addEventListener !== 'function') return () => undefined;
  speech.addEventListener('voiceschanged', listener);
  return () => { speech.removeEventListener('voiceschanged', listener); };
}

export function speak(text: string, voice: SpeechSynthesisVoice, onEnd: () => void): void {
  const said = new SpeechSynthesisUtterance(text);
  said.voice = voice;
  said.lang = voice.lang;
  said.rate = 0.9;
  said.onend = onEnd;
  said.onerror = onEnd;
  window.speechSynthesis.cancel();
  window.speechSynthesis.speak(said);
}

export function beSilent(): void {
  const speech = window.speechSynthesis as SpeechSynthesis | undefined;
  speech?.cancel();
}
