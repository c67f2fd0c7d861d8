/**
 * Lets the page of a job open without a line. Built to `/job-worker.js`, for addresses under `/job/` only.
 *
 * Guarantees: only the page and its hashed files are kept, dropped together with them; no job, no picture and no
 * token ever is - what was seen of a job lies in the page's own store until its link ends.
 */
declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build (`scripts/service-worker.ts`). */
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

const PAGE = '/job/';
const KEPT = `nagara-job-${__VERSION__}`;
const PAGE_WITHIN_MS = 4000;

self.addEventListener('install', (event) => event.waitUntil(fill()));
self.addEventListener('activate', (event) => event.waitUntil(dropOld().then(() => self.clients.claim())));

async function fill(): Promise<void> {
  const cache = await caches.open(KEPT);
  await cache.addAll([new Request(PAGE, { cache: 'reload' }), ...__PRECACHE__]);
}

async function dropOld(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith('nagara-job-') && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(file(request));
});

async function page(request: Request): Promise<Response> {
  const fresh = fetch(request);
  const kept = await caches.match(PAGE, { cacheName: KEPT });
  if (!kept) return fresh;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PAGE_WITHIN_MS));
  const answer = await Promise.race([fresh.catch(() => null), late]);
  return answer?.ok ? answer : kept;
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: KEPT })) ?? fetch(request);
}

export {};
