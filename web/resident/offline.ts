/** The service worker: with it the page opens without a line, and so do the lists of cities that may be needed then. */
import type { City } from '@shared/api/types';
import { currentLanguage } from '@shared/i18n/i18n.svelte';

/** Cities whose lists are kept ahead: some ten kilobytes each, and as many as a person may travel through. */
const MOST_AHEAD = 8;
const LATE_MS = 4000;

const ready = (): Promise<ServiceWorkerRegistration> | null =>
  'serviceWorker' in navigator && import.meta.env.PROD ? navigator.serviceWorker.ready : null;

/** After the page is there: the worker fetches what the page has just fetched, and must not be in its way. */
export function startWorker(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  // Without a worker (a private window, no secure context) the page only needs a line to open.
  navigator.serviceWorker.register('/service-worker.js').catch(() => undefined);
}

function keep(cities: readonly string[]): void {
  void ready()?.then(({ active }) => active?.postMessage({ keep: cities }));
}

/** Whoever asked their browser to save data, or pays for a slow line, keeps only what they open themselves. */
function sparing(): boolean {
  const { connection } = navigator as { connection?: { saveData?: boolean; effectiveType?: string } };
  return Boolean(connection?.saveData) || /2g/.test(connection?.effectiveType ?? '');
}

/** The cities somebody may report to next: first those of the same country, then those that speak their language. */
function likely(cities: readonly City[], chosen: City | null): string[] {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const country = chosen?.country ?? cities.find((one) => one.timezone === here)?.country;
  const ofCountry = cities.filter((one) => one.country === country);
  const ofLanguage = cities.filter((one) => one.languages.includes(currentLanguage()));
  const ids = [chosen, ...ofCountry, ...ofLanguage].flatMap((one) => one?.id ?? []);
  return [...new Set(ids)].slice(0, MOST_AHEAD);
}

/**
 * The first visit is over before the worker sees any of its calls, so it is told what to keep: the chosen city at
 * once, its neighbours when nothing else is to be done.
 */
export function keepForOffline(cities: readonly City[], chosen: City | null): void {
  if (chosen) keep([chosen.id]);
  if (sparing()) return;
  const ahead = (): void => keep(likely(cities, chosen));
  if ('requestIdleCallback' in window) requestIdleCallback(ahead, { timeout: LATE_MS });
  else setTimeout(ahead, LATE_MS);
}
