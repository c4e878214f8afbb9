/** The part of gettext-parser the build uses; the package brings no types. */
declare module 'gettext-parser' {
  interface Entry {
    msgid: string;
    msgid_plural?: string;
    msgstr: string[];
    comments?: { reference?: string; flag?: string };
  }
  export const po: { parse(source: Uint8Array | string): { translations: Record<string, Record<string, Entry>> } };
}
