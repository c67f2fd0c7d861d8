/**
 * Sends what waits on this phone: one report at a time, each exactly once, from the page or from its service worker.
 *
 * The key of a report makes any repetition of the same body the same request. If no answer came, the body is noted
 * as attempted and repeated later. If the person changed something in between and the first try had in fact arrived,
 * the city refuses the changed body (409); then what was attempted is repeated, which fetches the answer that was
 * lost. Only silence, 408, 429 and 5xx are tried again; any other refusal is for the person to mend.
 */
import { ApiError, call, paths } from '@shared/api/client';
import type { Filed, Filing } from '@shared/api/types';
import { phone, photosOf } from './database';
import { deviceHeader } from './device';
import { withoutTime, type QueuedReport, type Trouble } from './report';

const LOCK = 'nagara-queue';
const FILE_WITHIN_MS = 60_000;
const UPLOAD_WITHIN_MS = 180_000;
const FIRST_WAIT_MS = 20_000;
const LONGEST_WAIT_MS = 15 * 60_000;

const listeners = new Set<() => void>();
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('nagara-queue') : null;
if (channel) channel.onmessage = () => listeners.forEach((tell) => tell());

/** Called after every change of the queue, here or in another tab or the worker. */
export function onQueueChange(tell: () => void): void {
  listeners.add(tell);
}
export function announce(): void {
  listeners.forEach((tell) => tell());
  channel?.postMessage('changed');
}

export interface Sending {
  /** Also what should still wait: the line is back, or the person asked. */
  force?: boolean;
  /** Goes before older ones: somebody is looking at it. */
  first?: string;
  /** Left alone: it is being changed. */
  except?: string | null;
}

let chain: Promise<void> = Promise.resolve();
/** One sender on the whole phone; without Web Locks, one in this page. */
function alone(work: () => Promise<void>): Promise<void> {
  if ('locks' in navigator) return navigator.locks.request(LOCK, work);
  chain = chain.then(work, work);
  return chain;
}

/** Resolves when nothing is due any more or the line is gone; never rejects for a report's sake. */
export function sendQueue(sending: Sending = {}): Promise<void> {
  return alone(async () => {
    const tried = new Set<string>();
    for (;;) {
      const next = await nextDue(sending, tried);
      if (!next) return;
      tried.add(next.key);
      const trouble = await sendOne(next.key);
      announce();
      if (trouble?.status === 0 || trouble?.status === 429) return;
    }
  });
}

async function nextDue({ force, first, except }: Sending, tried: Set<string>): Promise<QueuedReport | null> {
  const now = Date.now();
  const due = (await phone.all('reports'))
    .filter((one) => (one.state === 'waiting' || one.state === 'sending') && !tried.has(one.key) && one.key !== except)
    .filter((one) => one.tryAt <= now || (force && one.trouble?.status !== 429) || one.key === first)
    .sort((one, other) => one.queuedAt.localeCompare(other.queuedAt));
  return due.find((one) => one.key === first) ?? due[0] ?? null;
}

async function sendOne(key: string): Promise<Trouble | null> {
  const report = await phone.update('reports', key, (one) => ({ ...one, state: 'sending' }));
  if (!report) return null;
  announce();
  try {
    const { filed, arrived, body, withoutPhotos } = await fileWithPhotos(report);
    await phone.update('reports', key, (one) => sent(one, filed, withoutPhotos, changedSince(one, report, arrived, body)));
    await Promise.all((await photosOf(key)).map((photo) => phone.remove('photos', photo.key)));
    return null;
  } catch (error) {
    const trouble = troubleOf(error);
    const uncertain = !(error instanceof ApiError) || error.uncertain;
    const wait = uncertain ? waitFor(report.tries, error) : 0;
    await phone.update('reports', key, (one) => ({
      ...one,
      state: uncertain ? 'waiting' : 'refused',
      tries: one.tries + 1,
      tryAt: Date.now() + wait,
      trouble,
    }));
    if (trouble.status === 429) await holdAll(Date.now() + wait);
    return trouble;
  }
}

interface Arrival {
  filed: Filed;
  /** The body the city has: not always the one sent last. */
  arrived: Filing;
  body: Filing;
  withoutPhotos: boolean;
}

/** Photos that waited here too long are no longer with the city: they are sent once more, under new ids. */
async function fileWithPhotos(report: QueuedReport, again = false): Promise<Arrival> {
  const { ids, withoutPhotos } = await uploadPhotos(report.city, report.key);
  const body = ids.length > 0 ? { ...report.body, media: ids } : report.body;
  await phone.update('reports', report.key, (one) => ({ ...one, attempted: including(one.attempted, body) }));
  try {
    return { ...(await fileOnce(report, body)), body, withoutPhotos };
  } catch (error) {
    if (again || ids.length === 0 || !(error instanceof ApiError) || error.code !== 'photo_not_usable') throw error;
    for (const photo of await photosOf(report.key)) await phone.update('photos', photo.key, (one) => ({ ...one, media: null }));
    return fileWithPhotos(report, true);
  }
}

const including = (attempted: Filing[], body: Filing): Filing[] =>
  attempted.some((one) => JSON.stringify(one) === JSON.stringify(body)) ? attempted : [...attempted, body];

function changedSince(now: QueuedReport, begun: QueuedReport, arrived: Filing, body: Filing): boolean {
  return arrived !== body || withoutTime(now.body) !== withoutTime(begun.body);
}

/** Uploads what is not yet there. An installation without photos (404) gets the report without them. */
export async function uploadPhotos(city: string, key: string): Promise<{ ids: string[]; withoutPhotos: boolean }> {
  const ids: string[] = [];
  for (const photo of await photosOf(key)) {
    if (photo.media === null) {
      const form = new FormData();
      form.append('file', photo.blob, photo.blob.type === 'image/jpeg' ? 'photo.jpg' : 'photo');
      try {
        const { id } = await call<{ id: string }>(paths.media(city), {
          method: 'POST',
          body: form,
          headers: { 'Idempotency-Key': photo.key, ...(await deviceHeader()) },
          within: UPLOAD_WITHIN_MS,
        });
        photo.media = id;
        await phone.update('photos', photo.key, (one) => ({ ...one, media: id }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return { ids: [], withoutPhotos: true };
        throw error;
      }
    }
    ids.push(photo.media);
  }
  return { ids, withoutPhotos: false };
}

async function post(report: QueuedReport, body: Filing): Promise<Filed> {
  return call<Filed>(paths.file(report.city), {
    method: 'POST',
    body,
    headers: { 'Idempotency-Key': report.key, ...(await deviceHeader()) },
    within: FILE_WITHIN_MS,
  });
}

/** Guarantee: however often it is called for one report, the city receives it once. */
async function fileOnce(report: QueuedReport, body: Filing): Promise<{ filed: Filed; arrived: Filing }> {
  try {
    return { filed: await post(report, body), arrived: body };
  } catch (refusal) {
    if (!(refusal instanceof ApiError) || refusal.status !== 409) throw refusal;
    for (const before of [...report.attempted].reverse()) {
      if (JSON.stringify(before) === JSON.stringify(body)) continue;
      try {
        return { filed: await post(report, before), arrived: before };
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
      }
    }
    throw refusal;
  }
}

/** A report the city has keeps its private link here, and nothing of who sent it. */
function sent(report: QueuedReport, filed: Filed, withoutPhotos: boolean, earlier: boolean): QueuedReport {
  const { contact: _contact, ...body } = report.body;
  return { ...report, body, attempted: [], draft: null, state: 'sent', trouble: null, filed, earlier, withoutPhotos };
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof ApiError)) return { status: 0, code: 'unknown', message: '', field: null, allowed: [] };
  const { status, code, message, field, allowed, notice, url, phone } = error;
  return { status, code, message, field: field ?? null, allowed, notice, url, phone };
}

/** Doubles from twenty seconds to a quarter of an hour, a little apart for each phone; the server's wish goes first. */
function waitFor(tries: number, error: unknown): number {
  if (error instanceof ApiError && error.retryAfter !== null) return error.retryAfter * 1000;
  const apart = 0.8 + 0.4 * Math.random();
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * apart;
}

/** Too many at once is said to the phone, not to one report. */
async function holdAll(until: number): Promise<void> {
  for (const { key, state } of await phone.all('reports')) {
    if (state !== 'waiting') continue;
    await phone.update('reports', key, (one) => ({ ...one, tryAt: Math.max(one.tryAt, until) }));
  }
}
