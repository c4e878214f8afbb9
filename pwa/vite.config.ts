import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { budgetPlugin } from './build/budget.ts';
import { deskPlugin, sassLoadPaths } from './build/desk.ts';
import { messagesPlugin } from './build/messages.ts';
import { screenshotsPlugin } from './build/screenshots.ts';
import { workerPlugin } from './build/worker.ts';

const root = dirname(fileURLToPath(import.meta.url));
const served = join(root, '../server/static');
const phone = join(served, 'm');
const base = '/m/';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

export default defineConfig({
  root,
  base,
  define: { __APP_VERSION__: JSON.stringify(version) },
  css: { preprocessorOptions: { scss: { loadPaths: sassLoadPaths(root) } } },
  plugins: [
    messagesPlugin(root),
    screenshotsPlugin(root, phone),
    workerPlugin(root, phone, base),
    deskPlugin(root, join(served, 'desk')),
    budgetPlugin(phone, { shell_kb: 60, kept_kb: 150, chunks_kb: { map: 50 } }),
  ],
  server: { proxy: { '/api': 'http://127.0.0.1:8000' } },
  build: {
    outDir: phone,
    emptyOutDir: true,
    // `crypto.randomUUID`, `Array.at` and <dialog> came with these; older ones are told so (device/browser.ts). They read
    // the classes of ES2022 as they are: made for one browser after the other, these would be rewritten as weak maps.
    target: 'es2022',
    cssTarget: ['chrome92', 'safari15.4', 'firefox98'],
    // The strict CSP allows no data: scripts and no inline ones.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: { include: ['{tests,build}/**/*.test.ts'], environment: 'node' },
});
