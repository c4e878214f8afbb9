/**
 * The desk's files: its style sheet (styles/desk.scss), htmx, and desk.ts if there is one, each under a hashed name.
 * `assets.json` maps "desk.css", "htmx.js", "desk.js" to those names; the server reads it.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { compile } from 'sass';
import { build, type Plugin } from 'vite';

export function sassLoadPaths(root: string): string[] {
  return [join(root, 'node_modules'), join(root, 'node_modules/govuk-frontend/dist'), join(root, '../styles')];
}

async function script(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'desk' }, minify: true },
  });
  const [bundle] = [built].flat();
  if (!bundle || !('output' in bundle)) throw new Error('the desk script gave no output');
  return bundle.output[0].code;
}

export async function buildDesk(root: string, outDir: string): Promise<Record<string, string>> {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const names: Record<string, string> = {};
  const write = (logical: string, content: string | Buffer) => {
    const suffix = extname(logical);
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
    const name = `${basename(logical, suffix)}.${hash}${suffix}`;
    writeFileSync(join(outDir, name), content);
    names[logical] = name;
  };

  const styles = join(root, '../styles/desk.scss');
  if (existsSync(styles)) {
    const { css } = compile(styles, { style: 'compressed', loadPaths: sassLoadPaths(root), quietDeps: true });
    write('desk.css', css);
  }
  write('htmx.js', readFileSync(join(root, 'node_modules/htmx.org/dist/htmx.min.js')));
  const entry = join(root, 'desk/desk.ts');
  if (existsSync(entry)) write('desk.js', await script(entry));
  writeFileSync(join(outDir, 'assets.json'), `${JSON.stringify(names, null, 2)}\n`);
  return names;
}

export function deskPlugin(root: string, outDir: string): Plugin {
  return {
    name: 'yanshou-desk',
    apply: 'build',
    async closeBundle() {
      await buildDesk(root, outDir);
    },
  };
}
