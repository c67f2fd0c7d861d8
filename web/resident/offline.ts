/** The service worker: with it the page opens without a line, and so do the lists of the cities that were visited. */

const ready = (): Promise<ServiceWorkerRegistration> | null =>
  'serviceWorker' in navigator && import.meta.env.PROD ? navigator.serviceWorker.ready : null;

/** After the page is there: the worker fetches what the page has just fetched, and must not be in its way. */
export function startWorker(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  // Without a worker (a private window, no secure context) the page only needs a line to open.
  navigator.serviceWorker.register('/service-worker.js').catch(() => undefined);
}

/** The first visit is over before the worker sees any of its calls, so it is told what to keep. */
export function keepForOffline(city: string): void {
  void ready()?.then(({ active }) => active?.postMessage({ keep: city }));
}
