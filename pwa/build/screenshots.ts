/**
 * The pictures an installing browser shows (`screenshots` of the web app manifest): three of the inspector's guide,
 * which `make guide` takes from the real screens. No app needs them to open, so nothing keeps them.
 */

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Plugin } from 'vite';

export function screenshotsPlugin(root: string, outDir: string): Plugin {
  return {
    name: 'yanshou-screenshots',
    apply: 'build',
    writeBundle() {
      const manifest = JSON.parse(readFileSync(join(root, 'public/manifest.webmanifest'), 'utf8')) as { screenshots: { src: string }[] };
      for (const { src } of manifest.screenshots) {
        mkdirSync(join(outDir, dirname(src)), { recursive: true });
        copyFileSync(join(root, '../docs/inspector', basename(src)), join(outDir, src));
      }
    },
  };
}
