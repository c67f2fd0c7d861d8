/**
 * What makes the resident page work without a line. Built to `/service-worker.js`, with the list of what the page is
 * made of and a version that changes with any of it.
 *
 * Guarantees: only GET answers that are the same for everybody are kept - the page itself, its hashed files, and the
 * lists of cities that were visited or are likely next; never a report, a status or anything with a token. Other pages and other hosts
 * are not touched. The page and its files are kept and dropped together, so an old page never meets new files.
 */
import { sendQueue } from './queue/sender';
import { phone } from './queue/database';

declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build (`scripts/service-worker.ts`). */
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

const SHELL = `nagara-shell-${__VERSION__}`;
const LISTS = 'nagara-lists-1';
const PAGE = '/';
/** Of one message: a page asks for no more, and nobody else may. */
const MOST_KEPT = 8;
const LIST = /^\/api\/v1\/(about|cities|cities\/[^/]+\/(services|departments|districts))$/;
const SHELL_FILE = /^\/(assets|icons)\/|^\/manifest\.webmanifest$/;

self.addEventListener('install', (event) => event.waitUntil(fill()));
self.addEventListener('activate', (event) => event.waitUntil(dropOld().then(() => self.clients.claim())));

async function fill(): Promise<void> {
  const cache = await caches.open(SHELL);
  await cache.addAll([new Request(PAGE, { cache: 'reload' }), ...__PRECACHE__]);
}

async function dropOld(): Promise<void> {
  const kept = new Set([SHELL, LISTS]);
  const names = (await caches.keys()).filter((name) => name.startsWith('nagara-') && !kept.has(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (url.pathname === PAGE) event.respondWith(page(request));
  } else if (SHELL_FILE.test(url.pathname)) {
    event.respondWith(shellFile(request));
  } else if (LIST.test(url.pathname) && !url.search) {
    event.respondWith(list(event, url.pathname));
  }
});

/**
 * The kept page at once: on a slow line a way to the server and back is longer than all the rest. A newer version comes
 * with its worker, which the browser looks for on every visit, and is shown from the next start on.
 */
async function page(request: Request): Promise<Response> {
  return (await caches.match(PAGE, { cacheName: SHELL })) ?? fetch(request);
}

async function shellFile(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: SHELL })) ?? fetch(request);
}

/** What is kept, at once, and the newest for the next time. That it did not come is told to the page. */
async function list(event: FetchEvent, path: string): Promise<Response> {
  const kept = await caches.match(path, { cacheName: LISTS });
  const fresh = renew(path);
  if (!kept) return fresh;
  event.waitUntil(fresh.catch(() => tellOfSilence(event.clientId)));
  return kept;
}

async function tellOfSilence(page: string): Promise<void> {
  (await self.clients.get(page))?.postMessage({ heard: 'failure' });
}

async function keepList(path: string, answer: Response): Promise<void> {
  await (await caches.open(LISTS)).put(path, answer);
}

async function renew(path: string): Promise<Response> {
  const answer = await fetch(path, { headers: { Accept: 'application/json' } });
  // The answer is worth more than its copy, for which a full phone has no room.
  if (answer.ok) await keepList(path, answer.clone()).catch(() => undefined);
  return answer;
}

self.addEventListener('message', (event) => {
  const { keep } = event.data as { keep?: unknown };
  const cities = Array.isArray(keep) ? keep.filter((one) => typeof one === 'string').slice(0, MOST_KEPT) : [];
  event.waitUntil(cities.reduce<Promise<void>>((before, city) => before.then(() => keepCity(city)), Promise.resolve()));
});

async function keepCity(city: string): Promise<void> {
  const base = `/api/v1/cities/${encodeURIComponent(city)}`;
  const wanted = ['/api/v1/about', '/api/v1/cities', `${base}/services`, `${base}/districts`, `${base}/departments`];
  const cache = await caches.open(LISTS);
  for (const path of wanted) if (!(await cache.match(path))) await renew(path).catch(() => undefined);
}

interface PushNews {
  title?: string;
  body?: string;
  url?: string | null;
  tag?: string;
  lang?: string;
}

/** What the city has to say, encrypted for this browser. A newer message about the same report replaces the older. */
self.addEventListener('push', (event) => {
  const news = read(event.data);
  const shown: NotificationOptions = {
    body: news.body ?? '',
    icon: '/icons/mark-192.1.png',
    data: { url: news.url ?? null },
  };
  if (news.tag) shown.tag = news.tag;
  if (news.lang) shown.lang = news.lang;
  event.waitUntil(self.registration.showNotification(news.title ?? 'Nagara', shown));
});

function read(data: PushMessageData | null): PushNews {
  try {
    return (data?.json() ?? {}) as PushNews;
  } catch {
    return {};
  }
}

/** Opens the report, in a window that is there already if there is one; only pages of our own. */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { url } = (event.notification.data ?? {}) as { url?: string | null };
  event.waitUntil(show(new URL(url ?? PAGE, self.location.origin)));
});

async function show(wanted: URL): Promise<void> {
  const here = `${self.location.origin}${wanted.pathname}${wanted.hash}`;
  const open = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = open.find((one) => new URL(one.url).pathname === PAGE);
  if (!page) await self.clients.openWindow(here);
  else await (await page.navigate(here).catch(() => null) ?? page).focus();
}

/** The line is back while no page may be open. A rejection asks the browser to try again later. */
self.addEventListener('sync' as 'message', (event: unknown) => {
  const { tag } = event as SyncEvent;
  if (tag === 'nagara-queue') (event as SyncEvent).waitUntil(sendWhatWaits());
});

async function sendWhatWaits(): Promise<void> {
  await sendQueue({ force: true });
  if ((await phone.all('reports')).some((one) => one.state === 'waiting')) throw new Error('reports are still waiting');
}
