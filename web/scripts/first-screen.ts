/**
 * Puts into a page's document what its first screen needs: its styles and its first lines of script, so that a slow
 * line pays one way to the server and back before something stands there. The server allows both by their hashes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin, type Rolldown } from 'vite';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}
type Manifest = Record<string, Chunk>;

interface Options {
  /** Key of the page in Vite's manifest. */
  page: string;
  /** Source of the first lines. */
  entry: string;
  alias: Record<string, string>;
  /** Sources of the parts that are fetched with their screen, by its name. */
  parts: Readonly<Record<string, string>>;
  /** Folder of message files, below this one. */
  messages: string;
}

/** The part with everything it imports at once, as addresses; styles after scripts. */
function filesOf(manifest: Manifest, key: string, seen = new Set<string>()): string[] {
  const chunk = manifest[key];
  if (!chunk || seen.has(key)) return [];
  seen.add(key);
  const own = chunk.file.endsWith('.html') ? [] : [`/${chunk.file}`];
  const deeper = (chunk.imports ?? []).flatMap((next) => filesOf(manifest, next, seen));
  return [...new Set([...own, ...deeper, ...(chunk.css ?? []).map((name) => `/${name}`)])];
}

function messageFiles(manifest: Manifest, folder: string): Record<string, string> {
  const found = Object.entries(manifest).filter(([key]) => key.startsWith(`${folder}/`) && key.endsWith('.json'));
  return Object.fromEntries(found.map(([key, chunk]) => [key.slice(folder.length + 1, -'.json'.length), `/${chunk.file}`]));
}

/** The few words of the first lines, out of every language's file. */
function firstWords(folder: string, tags: string[]): Record<string, unknown> {
  return Object.fromEntries(
    tags.map((tag) => {
      const { status, tracking } = JSON.parse(readFileSync(join(folder, `${tag}.json`), 'utf8')) as {
        status: Record<string, string>;
        tracking: { reference: string };
      };
      return [tag, { reference: tracking.reference, status }];
    }),
  );
}

/** One script without imports. */
async function compiled(entry: string, alias: Record<string, string>, known: Record<string, unknown>): Promise<string> {
  const made = (await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    resolve: { alias },
    define: Object.fromEntries(Object.entries(known).map(([name, value]) => [name, JSON.stringify(value)])),
    build: { write: false, rolldownOptions: { input: entry, output: { format: 'iife' } } },
  })) as Rolldown.RolldownOutput | Rolldown.RolldownOutput[];
  const [script] = [made].flat().flatMap(({ output }) => output);
  if (script?.type !== 'chunk') throw new Error(`${entry} was not built`);
  return script.code.trim();
}

/** Text inside an element ends where the document sees its end tag. */
function within(name: 'script' | 'style', text: string): string {
  if (text.toLowerCase().includes(`</${name}`)) throw new Error(`the first ${name} holds its own end tag`);
  return `<${name}>${text}</${name}>`;
}

export function firstScreen({ page, entry, alias, parts, messages }: Options): Plugin {
  let out = '';
  let root = '';
  return {
    name: 'nagara-first-screen',
    apply: 'build',
    configResolved(config) {
      root = config.root;
      out = config.build.outDir.startsWith('/') ? config.build.outDir : join(root, config.build.outDir);
    },
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        const manifest = JSON.parse(readFileSync(join(out, '.vite/manifest.json'), 'utf8')) as Manifest;
        const files = messageFiles(manifest, messages);
        const there = new Set(filesOf(manifest, page));
        const beside = (key: string): string[] => filesOf(manifest, key).filter((file) => !there.has(file));
        const script = await compiled(entry, alias, {
          __PARTS__: Object.fromEntries(Object.entries(parts).map(([name, key]) => [name, beside(key)])),
          __MESSAGES__: files,
          __MAIN__: `/${manifest[page]?.file ?? ''}`,
          __WORDS__: firstWords(join(root, messages), Object.keys(files)),
        });
        const path = join(out, page);
        let html = readFileSync(path, 'utf8');
        // Names the file for parts that come later and lean on it; disabled, so that it is not fetched again.
        html = html.replace(/<link rel="stylesheet" (crossorigin )?href="\/([^"]+)">/g, (_, cross: string, name: string) => {
          const styles = within('style', readFileSync(join(out, name), 'utf8').trim());
          return `${styles}<link rel="stylesheet" disabled ${cross}href="/${name}">`;
        });
        html = html.replace('<meta charset="utf-8" />', (charset) => `${charset}${within('script', script)}`);
        // What is asked for first gets the line to itself: the page's own code is named at the end of the document, and
        // started by the first lines once something was drawn.
        const code: string[] = [];
        html = html.replace(/\s*<(script type="module"[^>]*><\/script>|link rel="modulepreload"[^>]*>)/g, (tag: string) => {
          const file = /(?:src|href)="([^"]+)"/.exec(tag)?.[1] ?? '';
          code.push(`<link rel="modulepreload" crossorigin href="${file}">`);
          return '';
        });
        html = html.replace('</body>', () => `${code.join('')}</body>`);
        writeFileSync(path, html);
      },
    },
  };
}
