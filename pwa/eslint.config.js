import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['node_modules'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './tsconfig.worker.json', './tsconfig.node.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Only src/api.ts speaks HTTP.' }, 'localStorage'],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TemplateLiteral CallExpression[callee.name=/^t[np]?$/]',
          message: 'Babel does not look for messages inside template literals.',
        },
        {
          selector: 'CallExpression[callee.name=/^t[np]?$/] > :not(Literal).arguments:first-child',
          message: 'Babel reads messages from literal strings only.',
        },
        { selector: 'StaticBlock', message: 'Chrome 92 and Safari 15.4 do not know them, and the build leaves classes as they are.' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // The worker passes requests through.
    files: ['src/api.ts', 'src/sw.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    // A preference that may be lost, and is needed before the first paint.
    files: ['src/text/language.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: ['src/domain/**'],
    rules: {
      'no-restricted-globals': ['error', 'fetch', 'window', 'document', 'navigator', 'indexedDB', 'localStorage', 'location'],
    },
  },
  { files: ['eslint.config.js'], extends: [tseslint.configs.disableTypeChecked] },
);
