/** How things stand on this phone, in the few words that every screen shows; the queue itself comes with the report. */
import { ApiError, call, paths } from '@shared/api/client';
import { heard, onHeard } from '@shared/api/line';

export const standing = $state({
  /** False where the browser says so, and where a call failed and the city answers nothing else; true once it does. */
  online: navigator.onLine,
  /** How many reports lie here. */
  kept: 0,
  /** How many of them still need the line or the person. */
  pending: 0,
  /** The last change in words, for a live region. */
  news: '',
});

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
const ANSWERS_WITHIN_MS = 10_000;

type Back = (byBrowser: boolean) => void;
const listeners = new Set<Back>();
let timer: ReturnType<typeof setTimeout> | undefined;
let wait = FIRST_WAIT_MS;
let backAt = 0;
let asking: Promise<boolean> | null = null;

/** Called whenever there is a line again: by the browser's word, or because the city answered. */
export function onLineBack(tell: Back): void {
  listeners.add(tell);
}

function back(byBrowser: boolean): void {
  clearTimeout(timer);
  standing.online = true;
  backAt = Date.now();
  listeners.forEach((tell) => tell(byBrowser));
}

function gone(): void {
  standing.online = false;
  // A line that comes and goes is asked less and less often.
  if (Date.now() - backAt > LONGEST_WAIT_MS) wait = FIRST_WAIT_MS;
  askLater();
}

function askLater(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    wait = Math.min(LONGEST_WAIT_MS, 2 * wait);
    void ask();
  }, wait);
}

/** The browser tells nobody that a network which led nowhere leads somewhere again. Nothing keeps this answer. */
function ask(): Promise<boolean> {
  asking ??= call(paths.alive, { within: ANSWERS_WITHIN_MS })
    .then(
      () => true,
      (error: unknown) => error instanceof ApiError && error.status !== 0,
    )
    .then(conclude);
  return asking;
}

function conclude(answered: boolean): boolean {
  asking = null;
  if (answered && !standing.online) back(false);
  else if (!answered && standing.online) gone();
  else if (!answered) askLater();
  return answered;
}

/** Whether there is a line; after a call that failed, once that is known. */
export function lineIsThere(): Promise<boolean> {
  return asking ?? Promise.resolve(standing.online);
}

addEventListener('offline', gone);
addEventListener('online', () => {
  wait = FIRST_WAIT_MS;
  back(true);
});
onHeard((what) => {
  if (asking) return;
  // An answer may come from what this phone kept, one call may fail alone, and a silent city may be busy: reasons to
  // ask, and no proof.
  if ((what === 'answer') !== standing.online) void ask();
});
navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ heard?: unknown } | null>) => {
  if (data?.heard === 'failure') heard('failure');
});
if (!standing.online) askLater();
