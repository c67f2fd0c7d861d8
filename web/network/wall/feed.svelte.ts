/**
 * What keeps a wall up to date for days: hints over a stream, the figures asked for again on each and now and then
 * without one, and everything tried again by itself. Nothing grows: one board, one timer of each kind, one stream.
 */
import { ApiError, call } from '@shared/api/client';
import { credentials } from './key';
import type { Board } from './shapes';

export type State = 'starting' | 'live' | 'asking' | 'lost' | 'closed';

const BOARD = '/api/v1/staff/wall';
const STREAM = '/api/v1/staff/wall/live';
const HEALTH = '/health/time';
const WITHIN_MS = 10_000;
/** News come in bursts: the figures are read at most so often. */
const GAP_MS = 3_000;
const SWEEP_MS = 60_000;
const SWEEP_WITHOUT_STREAM_MS = 15_000;
/** The server says something every 15 seconds; a line that is silent for longer is dead. */
const SILENT_MS = 40_000;
/** Servers count a city's figures at most once in three seconds. */
const COUNTED_LASTS_MS = 3_500;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;
/** Without an answer for so long the figures are old, and the wall says so. */
export const OLD_MS = 75_000;
const HEALTH_MS = 60_000;

let board = $state.raw<Board | null>(null);
let heardAt = $state(0);
let streaming = $state(false);
let refused = $state(false);
let failing = $state(false);
let stands = $state(false);

export const currentBoard = (): Board | null => board;
/** When the server last answered, in milliseconds of this screen's clock. */
export const lastHeard = (): number => heardAt;
/** Whether the city's clock stands still: then nothing is escalated and nobody is told. */
export const timeStands = (): boolean => stands;

export function stateAt(now: number): State {
  if (refused) return 'closed';
  if (!board) return failing ? 'lost' : 'starting';
  if (now - heardAt > OLD_MS) return 'lost';
  return streaming && !failing ? 'live' : 'asking';
}

let sweepTimer: ReturnType<typeof setTimeout> | undefined;
let soonTimer: ReturnType<typeof setTimeout> | undefined;
let againTimer: ReturnType<typeof setTimeout> | undefined;
let readAt = 0;
let reading = false;

async function read(): Promise<void> {
  if (reading) return;
  reading = true;
  readAt = Date.now();
  try {
    board = await call<Board>(BOARD, { headers: credentials(), within: WITHIN_MS });
    heardAt = Date.now();
    refused = false;
    failing = false;
  } catch (error) {
    refused = error instanceof ApiError && (error.status === 401 || error.status === 403 || error.code === 'unknown_city');
    failing = !refused;
  } finally {
    reading = false;
    sweep();
  }
}

function sweep(): void {
  clearTimeout(sweepTimer);
  sweepTimer = setTimeout(() => void read(), streaming ? SWEEP_MS : SWEEP_WITHOUT_STREAM_MS);
}

/**
 * Reads at once, or as soon as the last reading is old enough; and again when no server can still give figures that
 * it had counted before the hint came.
 */
function readSoon(): void {
  clearTimeout(againTimer);
  againTimer = setTimeout(() => void read(), COUNTED_LASTS_MS);
  if (soonTimer !== undefined) return;
  soonTimer = setTimeout(() => {
    soonTimer = undefined;
    void read();
  }, Math.max(0, readAt + GAP_MS - Date.now()));
}

/** Follows one stream until it ends or is silent; every event is a hint to read. */
async function follow(stop: AbortController): Promise<void> {
  const answer = await fetch(STREAM, {
    headers: { Accept: 'text/event-stream', ...credentials() },
    credentials: 'same-origin',
    signal: stop.signal,
  });
  if (!answer.ok || !answer.body) throw new ApiError(answer.status, { code: 'no_stream', message: '' });
  const reader = answer.body.getReader();
  const words = new TextDecoder();
  let silence = setTimeout(() => stop.abort(), SILENT_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => stop.abort(), SILENT_MS);
      streaming = true;
      if (words.decode(value, { stream: true }).includes('data:')) readSoon();
    }
  } finally {
    clearTimeout(silence);
    streaming = false;
  }
}

async function followForever(ended: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!ended.aborted) {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    ended.addEventListener('abort', end);
    const begun = Date.now();
    try {
      await follow(stop);
    } catch {
      // Tried again below; how the wall stands shows from what it last heard.
    }
    ended.removeEventListener('abort', end);
    wait = Date.now() - begun > SILENT_MS ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, wait * 2);
    sweep();
    await new Promise((go) => setTimeout(go, wait * (0.75 + Math.random() / 2)));
  }
}

async function askHealth(): Promise<void> {
  try {
    stands = (await fetch(HEALTH, { cache: 'no-store' })).status === 503;
  } catch {
    // No line at all: the wall says that already.
  }
}

/** Starts keeping the wall up to date; the returned function ends it. */
export function keepUp(): () => void {
  const ended = new AbortController();
  const again = (): void => void read();
  void read();
  void followForever(ended.signal);
  void askHealth();
  const health = setInterval(() => void askHealth(), HEALTH_MS);
  addEventListener('online', again);
  return () => {
    ended.abort();
    clearInterval(health);
    clearTimeout(sweepTimer);
    clearTimeout(soonTimer);
    removeEventListener('online', again);
  };
}

/** Tries again at once, after a key was given. */
export const tryAgain = (): void => void read();
