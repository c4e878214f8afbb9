/** The shell must open on 100 kbit/s: all HTML, CSS and JS of the phone together stay within the budget, gzipped. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

export function budgetPlugin(outDir: string, limit_kb: number): Plugin {
  return {
    name: 'yanshou-budget',
    apply: 'build',
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        const sizes = readdirSync(outDir, { recursive: true, encoding: 'utf8' })
          .filter((name) => /\.(?:html|css|js)$/.test(name))
          .map((name) => ({ name, kb: gzipSync(readFileSync(join(outDir, name)), { level: 9 }).length / 1024 }));
        const total_kb = sizes.reduce((sum, { kb }) => sum + kb, 0);
        for (const { name, kb } of sizes) this.info(`${name} ${kb.toFixed(1)} KB gz`);
        this.info(`phone shell ${total_kb.toFixed(1)} of ${limit_kb} KB gz`);
        if (total_kb > limit_kb) this.error(`the phone shell is over its budget of ${limit_kb} KB gz`);
      },
    },
  };
}
