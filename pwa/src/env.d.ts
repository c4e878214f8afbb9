declare const __APP_VERSION__: string;

declare module 'virtual:messages/en' {
  /** By `messageKey` with this salt. */
  export const messages: Readonly<Record<string, string | [one: string, other: string]>>;
  export const salt: number;
}

declare module '*.scss';
declare module '*.css';

interface ImportMeta {
  readonly env: { readonly DEV: boolean };
}
