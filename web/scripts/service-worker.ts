/** Builds a page's service worker once the pages are written: it must know the hashed names of all they are made of. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
  assets?: string[];
}

interface Options {
  /** Key of the page in Vite's manifest. */
  page: string;
  /** The worker's source. */
  entry: string;
  /** What it is built to; its address must not change, or browsers keep the one they have. */
  file: string;
  alias: Record<string, string>;
  /** Addresses beside the page's own files. */
  also: readonly string[];
  /** Sources of parts that are loaded later and are of no use without a line. */
  without?: RegExp;
}

/** Everything the page can load, with what it loads only later, unless that is of no use without a line. */
function filesOf(manifest: Record<string, Chunk>, page: string, without: RegExp | undefined): string[] {
  const files = new Set<string>();
  const seen = new Set<string>();
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (!chunk || seen.has(key)) return;
    seen.add(key);
    if (!chunk.file.endsWith('.html')) files.add(`/${chunk.file}`);
    for (const name of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(`/${name}`);
    for (const next of chunk.imports ?? []) visit(next);
    for (const next of chunk.dynamicImports ?? []) if (!without?.test(next)) visit(next);
  };
  visit(page);
  return [...files].sort();
}

export function serviceWorker({ page, entry, file, alias, also, without }: Options): Plugin {
  let out = '';
  return {
    name: `nagara-${file}`,
    apply: 'build',
    configResolved(config) {
      out = config.build.outDir.startsWith('/') ? config.build.outDir : join(config.root, config.build.outDir);
    },
    async closeBundle() {
      const manifest = JSON.parse(readFileSync(join(out, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
      const precache = [...filesOf(manifest, page, without), ...also];
      const version = createHash('sha256').update(JSON.stringify(precache));
      for (const part of [page, ...also]) version.update(readFileSync(join(out, part)));
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        resolve: { alias },
        define: {
          __PRECACHE__: JSON.stringify(precache),
          __VERSION__: JSON.stringify(version.digest('hex').slice(0, 12)),
        },
        build: {
          outDir: out,
          emptyOutDir: false,
          rolldownOptions: { input: entry, output: { entryFileNames: file, format: 'iife' } },
        },
      });
    },
  };
}
