/** Build the service worker with the list of files it keeps; the list comes from what was really written. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

/** Needed by the store of apps or the first install only, or with a network only (the base map), never to open the app. */
const NOT_PRECACHED = /^screenshots\/|(^|\/)(sw\.js|icon-512\.png|icon-maskable-512\.png)$|\.map$|(^|\/)(map|layers|layers-2x|marker-icon)-[^/]+$/;

export function workerPlugin(root: string, outDir: string, base: string): Plugin {
  return {
    name: 'yanshou-worker',
    apply: 'build',
    async closeBundle() {
      const files = readdirSync(outDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(outDir.length + 1))
        .filter((name) => !NOT_PRECACHED.test(name))
        .sort();
      const digest = createHash('sha256');
      for (const name of files) digest.update(name).update(readFileSync(join(outDir, name)));
      await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        define: {
          __PRECACHE__: JSON.stringify(files.map((name) => base + name)),
          __SHELL__: JSON.stringify(`${base}index.html`),
          __REVISION__: JSON.stringify(digest.digest('hex').slice(0, 16)),
        },
        build: {
          outDir,
          emptyOutDir: false,
          target: 'es2022',
          rolldownOptions: { input: join(root, 'src/sw.ts'), output: { entryFileNames: 'sw.js', format: 'es' } },
        },
      });
    },
  };
}
