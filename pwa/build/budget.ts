/**
 * What may be downloaded before the app can be used, and at all, in KiB gzipped: on 100 kbit/s a kilobyte is a twelfth
 * of a second. The shell is the page with everything it needs to show its first screen; other chunks come when they
 * are opened, or beforehand by the service worker.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

export interface Budgets {
  shell_kb: number;
  /** Everything the phone keeps: shell, chunks and both languages. */
  kept_kb: number;
  /** Chunks with a limit of their own, by the name they begin with. */
  chunks_kb: Record<string, number>;
}

export function budgetPlugin(outDir: string, budgets: Budgets): Plugin {
  const shell = new Set(['index.html']);
  return {
    name: 'yanshou-budget',
    apply: 'build',
    writeBundle(_options, bundle) {
      const needed = Object.values(bundle).filter((each) => each.type === 'chunk' && each.isEntry).map((each) => each.fileName);
      for (const name of needed) {
        shell.add(name);
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk') continue;
        for (const css of chunk.viteMetadata?.importedCss ?? []) shell.add(css);
        needed.push(...chunk.imports.filter((each) => !shell.has(each)));
      }
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        const sizes = readdirSync(outDir, { recursive: true, encoding: 'utf8' })
          .filter((name) => /\.(?:html|css|js)$/.test(name))
          .map((name) => ({ name, kb: gzipSync(readFileSync(join(outDir, name)), { level: 9 }).length / 1024 }));
        const sum = (chosen: (name: string) => boolean) =>
          sizes.filter(({ name }) => chosen(name)).reduce((total, { kb }) => total + kb, 0);
        // What has a limit of its own is fetched when it is opened, and not kept.
        const apart = (name: string) => Object.keys(budgets.chunks_kb).some((chunk) => name.startsWith(`assets/${chunk}-`));
        const figures = [
          { what: 'phone shell', kb: sum((name) => shell.has(name)), limit_kb: budgets.shell_kb },
          { what: 'phone in all', kb: sum((name) => !apart(name)), limit_kb: budgets.kept_kb },
          ...Object.entries(budgets.chunks_kb).map(([chunk, limit_kb]) => ({
            what: `phone ${chunk}`, kb: sum((name) => name.startsWith(`assets/${chunk}-`)), limit_kb,
          })),
        ];
        for (const { name, kb } of sizes) this.info(`${name} ${kb.toFixed(1)} KB gz${shell.has(name) ? ', shell' : ''}`);
        for (const { what, kb, limit_kb } of figures) {
          this.info(`${what} ${kb.toFixed(1)} of ${limit_kb} KB gz`);
          if (kb > limit_kb) this.error(`${what} is over its budget of ${limit_kb} KB gz`);
        }
      },
    },
  };
}
