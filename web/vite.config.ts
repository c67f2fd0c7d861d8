import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { compressed } from './scripts/compressed.ts';
import { firstScreen } from './scripts/first-screen.ts';
import { englishWhereMissing } from './scripts/messages.ts';
import { serviceWorker } from './scripts/service-worker.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds the API; the built pages are served by the API itself. */
const api = process.env.NAGARA_API ?? 'http://127.0.0.1:8000';

const alias = { '@shared': at('./shared') };

export default defineConfig({
  base: '/',
  appType: 'mpa',
  plugins: [
    svelte(),
    englishWhereMissing(),
    firstScreen({
      page: 'resident/index.html',
      entry: at('./resident/first.ts'),
      alias,
      parts: { track: 'resident/track/Track.svelte', report: 'resident/flow.ts' },
      messages: 'shared/messages',
    }),
    serviceWorker({
      page: 'resident/index.html',
      entry: at('./resident/service-worker.ts'),
      file: 'service-worker.js',
      alias,
      also: ['/manifest.webmanifest', '/icons/mark-192.1.png'],
    }),
    serviceWorker({
      page: 'job/index.html',
      entry: at('./job/service-worker.ts'),
      file: 'job-worker.js',
      alias,
      also: [],
    }),
    serviceWorker({
      page: 'staff/index.html',
      entry: at('./staff/service-worker.ts'),
      file: 'staff-worker.js',
      alias,
      also: [],
      // A crew's phone keeps what today's jobs need; pages of a desk have no use for it.
      without: /^staff\/(map|filing|pages\/(?!TodayPage))|^shared\/map\//,
    }),
    compressed(),
  ],
  resolve: { alias },
  build: {
    outDir: 'dist',
    // Tells the service worker what the resident page is made of.
    manifest: true,
    // Nothing is inlined as data:, so a strict content security policy holds; what `firstScreen` puts into a document
    // is allowed by its hash.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // A slow line pays for each file with a way to the server and back: what all pages share is one file.
        codeSplitting: {
          groups: [
            { name: 'shared', test: /node_modules\/(svelte|esm-env|clsx)\/|\/web\/shared\/(?!map\/|messages\/)/ },
            {
              name: 'page',
              test: /\/web\/resident\/(App|address|city|link|offline|parts|route|queue\/(database|device|report|standing)|track\/(early|kept|moments|seen)|follow\/FeedLinks)\.(svelte|ts)/,
            },
          ],
        },
      },
      input: {
        resident: at('./resident/index.html'),
        staff: at('./staff/index.html'),
        network: at('./network/index.html'),
        review: at('./network/review/index.html'),
        wall: at('./network/wall/index.html'),
        job: at('./job/index.html'),
      },
    },
  },
  server: { host: '127.0.0.1', proxy: { '/api': api, '/dev': api, '/health': api } },
});
