/**
 * Lets one page open without a line; the service workers of several pages are this and nothing more.
 *
 * Guarantees: only the page and its hashed files are kept, dropped together with them; no answer of the API, no
 * picture and no token ever is. The page comes fresh wherever there is a line, and as it was kept where there is none.
 */
export interface KeptPage {
  /** What the names of its caches begin with; no other page's may begin alike. */
  name: string;
  version: string;
  /** The page's address, which every address below it is answered with. */
  page: string;
  files: readonly string[];
}

const PAGE_WITHIN_MS = 4000;

export function keepPage(worker: ServiceWorkerGlobalScope, { name, version, page, files }: KeptPage): void {
  const kept = `${name}-${version}`;

  async function fill(): Promise<void> {
    const cache = await caches.open(kept);
    await cache.addAll([new Request(page, { cache: 'reload' }), ...files]);
  }

  async function dropOld(): Promise<void> {
    const old = (await caches.keys()).filter((one) => one.startsWith(`${name}-`) && one !== kept);
    await Promise.all(old.map((one) => caches.delete(one)));
  }

  async function pageFor(request: Request): Promise<Response> {
    const fresh = fetch(request);
    const before = await caches.match(page, { cacheName: kept });
    if (!before) return fresh;
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PAGE_WITHIN_MS));
    const answer = await Promise.race([fresh.catch(() => null), late]);
    return answer?.ok ? answer : before;
  }

  async function file(request: Request): Promise<Response> {
    return (await caches.match(request, { cacheName: kept })) ?? fetch(request);
  }

  worker.addEventListener('install', (event) => event.waitUntil(fill()));
  worker.addEventListener('activate', (event) => event.waitUntil(dropOld().then(() => worker.clients.claim())));
  worker.addEventListener('fetch', (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
    if (request.mode === 'navigate') event.respondWith(pageFor(request));
    else if (url.pathname.startsWith('/assets/')) event.respondWith(file(request));
  });
}
