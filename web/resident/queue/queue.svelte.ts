/** The queue as the page shows it: what lies on this phone, what became of it, and when it is tried again. */
import { ApiError } from '@shared/api/client';
import type { City, Filing, Service } from '@shared/api/types';
import { t } from '@shared/i18n/i18n.svelte';
import { clearDraft, draft, handedOver, keepDraft, markHandedOver, takeUp } from '../draft.svelte';
import { forget } from '../track/kept';
import { phone, photosOf } from './database';
import { newKey, withoutTime, type QueuedReport, type QueueState, type Trouble } from './report';
import { announce, onQueueChange, sendQueue, type Sending } from './sender';
import { onLineBack, standing } from './standing.svelte';

const SYNC_TAG = 'nagara-queue';
const FORCE_WAIT_MS = 60_000;
const LONGEST_FORCE_WAIT_MS = 15 * 60_000;
const ORPHANS_AFTER_MS = 7 * 86_400_000;

let reports = $state.raw<QueuedReport[]>([]);
let photoCounts = $state.raw<Record<string, number>>({});
let timer: ReturnType<typeof setTimeout> | undefined;
let forceAgainAt = 0;
let forceWait = FORCE_WAIT_MS;
/** The report the person is changing after a try without an answer. */
let open: string | null = null;

export const queue = {
  /** Newest first. */
  get reports(): QueuedReport[] {
    return reports;
  },
  photosOf: (key: string): number => photoCounts[key] ?? 0,
  find: (key: string): QueuedReport | null => reports.find((one) => one.key === key) ?? null,
};

export const errorOf = ({ status, field, ...told }: Trouble): ApiError =>
  new ApiError(status, { ...told, ...(field === null ? {} : { field }) });

async function reload(): Promise<void> {
  const [found, photos] = await Promise.all([phone.all('reports'), phone.all('photos')]);
  const before = new Map(reports.map((one) => [one.key, one.state]));
  const counts: Record<string, number> = {};
  for (const { report } of photos) counts[report] = (counts[report] ?? 0) + 1;
  photoCounts = counts;
  reports = found.sort((one, other) => other.queuedAt.localeCompare(one.queuedAt));
  standing.kept = reports.length;
  standing.pending = reports.filter((one) => one.state !== 'sent').length;
  for (const one of reports) if (before.get(one.key) !== one.state) tell(one, before.get(one.key));
  schedule();
}

function tell(report: QueuedReport, before: QueueState | undefined): void {
  if (report.state === 'sent') forceWait = FORCE_WAIT_MS;
  if (report.state === 'sent' && before) standing.news = t('phone.news_sent', { reference: report.filed?.reference ?? '' });
  else if (report.state === 'refused' && before) standing.news = t('phone.news_refused');
  else if (report.state === 'waiting' && !standing.online) standing.news = t('phone.news_waiting');
}

/** Wakes for the next try; the page may sleep before, then the next start or the worker does it. */
function schedule(): void {
  clearTimeout(timer);
  const waiting = reports.filter((one) => one.state === 'waiting' && one.key !== open).map((one) => one.tryAt);
  if (waiting.length > 0) timer = setTimeout(() => void sendNow({ except: open }), Math.max(1000, Math.min(...waiting) - Date.now()));
}

export async function sendNow(sending: Sending = {}): Promise<void> {
  await sendQueue(sending);
  await reload();
}

/** Where the city answers and a report still does not get through, each return of the line must not send it again. */
function mayForce(): boolean {
  if (Date.now() < forceAgainAt) return false;
  forceAgainAt = Date.now() + forceWait;
  forceWait = Math.min(LONGEST_FORCE_WAIT_MS, 2 * forceWait);
  return true;
}

/** Asks the browser to send when there is a line, even if this page is closed by then; not every browser can. */
async function askForSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker.ready;
    await (registration as unknown as { sync: { register(tag: string): Promise<void> } }).sync.register(SYNC_TAG);
  } catch {
    // Then the next visit sends it.
  }
}

export async function startQueue(): Promise<void> {
  onQueueChange(() => void reload());
  onLineBack((byBrowser) => void sendNow({ force: byBrowser || mayForce() }));
  await reload();
  letGoOfHandedOver();
  void sendNow({ force: true });
  void dropOrphans();
}

/** What the queue sends by itself is no longer the draft; a refused report stays one until it is mended. */
export function letGoOfHandedOver(): void {
  open = null;
  const mine = queue.find(draft.key);
  if (mine && mine.state !== 'refused' && handedOver(draft.key)) clearDraft();
}

async function dropOrphans(): Promise<void> {
  const drafts = await phone.all('drafts');
  const known = new Set([...reports.map((one) => one.key), ...drafts.map((one) => one.draft.key), draft.key]);
  for (const photo of await phone.all('photos')) {
    if (!known.has(photo.report) && Date.now() - photo.addedAt > ORPHANS_AFTER_MS) await phone.remove('photos', photo.key);
  }
}

/** A key that another tab has already used for the same beginnings is left to it; the photos come along. */
async function ownKey(): Promise<string> {
  if (!queue.find(draft.key) || handedOver(draft.key)) return draft.key;
  const key = newKey();
  for (const photo of await photosOf(draft.key)) await phone.put('photos', { ...photo, key: newKey(), report: key, media: null });
  draft.key = key;
  return key;
}

/** Keeps the draft as a report on this phone, or the change of one kept before; durable once it resolves. */
export async function enqueue(city: City, service: Service, place: string, body: Filing): Promise<string> {
  const key = await ownKey();
  const kept = $state.snapshot(draft);
  const changed = await phone.update('reports', key, (one) =>
    one.state === 'sent'
      ? { ...one, earlier: withoutTime(one.body) !== withoutTime(body) }
      : {
          ...one,
          serviceNames: service.names,
          place,
          draft: kept,
          body: withoutTime(one.body) === withoutTime(body) ? one.body : body,
          state: 'waiting',
          tryAt: 0,
          trouble: null,
        },
  );
  if (!changed) {
    await phone.put('reports', {
      key,
      city: city.id,
      cityNames: city.names,
      timezone: city.timezone,
      serviceNames: service.names,
      place,
      body,
      attempted: [],
      draft: kept,
      queuedAt: new Date().toISOString(),
      state: 'waiting',
      tries: 0,
      tryAt: 0,
      trouble: null,
      filed: null,
      earlier: false,
      withoutPhotos: false,
    });
  }
  open = key;
  markHandedOver(key);
  keepDraft();
  announce();
  await reload();
  void navigator.storage?.persist?.().catch(() => false);
  return key;
}

/** After a first try that did not end in an answer. */
export function sendLater(): void {
  void askForSync();
}

export async function discard(key: string): Promise<void> {
  const filed = (await phone.get('reports', key))?.filed;
  await phone.remove('reports', key);
  // What its page showed last is as private as the report.
  if (filed) await forget(filed.reference);
  await Promise.all((await photosOf(key)).map((photo) => phone.remove('photos', photo.key)));
  if (draft.key === key) clearDraft();
  announce();
  await reload();
}

/** Opens a refused report for changing. Where its key is taken by another report, it gets a new one. */
export async function mend(report: QueuedReport): Promise<void> {
  if (!report.draft) return;
  if (report.trouble?.status !== 409) {
    takeUp({ ...report.draft, key: report.key });
    return;
  }
  const key = newKey();
  for (const photo of await photosOf(report.key)) await phone.update('photos', photo.key, (one) => ({ ...one, report: key }));
  await phone.remove('reports', report.key);
  takeUp({ ...report.draft, key });
  await reload();
}
