declare const __APP_VERSION__: string;

declare module 'virtual:messages/en' {
  const messages: Record<string, string | [one: string, other: string]>;
  export default messages;
}

declare module '*.scss';
declare module '*.css';

interface ImportMeta {
  readonly env: { readonly DEV: boolean };
}
