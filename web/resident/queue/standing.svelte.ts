/** How things stand on this phone, in the few words that every screen shows; the queue itself comes with the report. */
import { ApiError, call, paths } from '@shared/api/client';
import { heard, onHeard } from '@shared/api/line';

export const standing = $state({
  /** False where the browser says so, and once a call could not be made; true again when the city was heard. */
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
let asking = false;

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
async function ask(): Promise<void> {
  if (asking) return;
  asking = true;
  const answered = await call(paths.alive, { within: ANSWERS_WITHIN_MS }).then(
    () => true,
    (error: unknown) => error instanceof ApiError && error.status !== 0,
  );
  asking = false;
  if (answered && !standing.online) back(false);
  else if (!answered && standing.online) gone();
  else if (!answered) askLater();
}

addEventListener('offline', gone);
addEventListener('online', () => {
  wait = FIRST_WAIT_MS;
  back(true);
});
onHeard((what) => {
  if (asking) return;
  // An answer may come from what this phone kept, and a silent city may be busy: reasons to ask, and no proof.
  if (what === 'answer' ? !standing.online : what === 'silence' && standing.online) void ask();
  else if (what === 'failure' && standing.online) gone();
});
navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ heard?: unknown } | null>) => {
  if (data?.heard === 'failure') heard('failure');
});
if (!standing.online) askLater();
