/**
 * Sends the moves that wait on this phone: in the order they were made, each exactly once, from the page or from its
 * service worker.
 *
 * The key of a move makes any repetition of the same body the same move. What was sent without an answer is repeated
 * as it was. Only silence, 408, 429 and 5xx are tried again; what is refused is for the person to decide, and later
 * moves on the same request wait for that. A session that ended keeps everything; only the session of who made a
 * move sends it.
 */
import { ApiError, call, paths } from '@shared/api/client';
import type { StaffAccount } from '@shared/api/types';
import { versionTold } from '../conflict';
import type { Detail } from '../shapes';
import type { KeptMove, MoveBody, Trouble } from './shapes';
import { alone } from './alone';
import { settleSignOut } from './sign_out';
import { field } from './store';

const LOCK = 'nagara-field';
/** Somebody else signed in since the session was asked whose it is. */
const OTHER_ACCOUNT = 'other_account';
const MOVE_WITHIN_MS = 60_000;
const UPLOAD_WITHIN_MS = 180_000;
const ASK_WITHIN_MS = 20_000;
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 10 * 60_000;

/** How it ended: nothing is left that could be sent, there is no line, or nobody whose moves they are is signed in. */
export type Ended = 'done' | 'no_line' | 'not_signed_in';
export interface MoveAnswer extends Detail {
  made: { version: number; replayed: boolean };
}

type Listener = (answer: MoveAnswer | null) => void;
const listeners = new Set<Listener>();
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('nagara-field') : null;
if (channel) channel.onmessage = () => listeners.forEach((tell) => tell(null));

/** Called after every change of what waits, here or in another tab or the worker; with the answer to a move made here. */
export function onMovesChange(tell: Listener): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
export function announce(answer: MoveAnswer | null = null): void {
  listeners.forEach((tell) => tell(answer));
  channel?.postMessage('changed');
}

/** `force`: also what should still wait, because the line is back or the person asked. Never rejects for a move's sake. */
export function sendMoves({ force = false } = {}): Promise<Ended> {
  return alone(LOCK, async () => {
    if (!(await settleSignOut())) return 'no_line';
    if ((await waitingMoves()).length === 0) return 'done';
    let owner: string;
    try {
      const asked = await call<{ account: StaffAccount }>(paths.staffSession, { within: ASK_WITHIN_MS });
      owner = asked.account.username;
    } catch (error) {
      return error instanceof ApiError && !error.uncertain ? 'not_signed_in' : 'no_line';
    }
    const tried = new Set<string>();
    for (;;) {
      const next = await nextDue(owner, force, tried);
      if (!next) return 'done';
      tried.add(next.key);
      const trouble = await sendOne(next);
      if (trouble?.status === 0 || trouble?.status === 429) return 'no_line';
      if (trouble?.status === 401 || trouble?.code === OTHER_ACCOUNT) return 'not_signed_in';
    }
  });
}

async function waitingMoves(): Promise<KeptMove[]> {
  const waiting = (await field.all('moves')).filter((one) => one.state !== 'sent');
  return waiting.sort((one, other) => one.queuedAt - other.queuedAt);
}

/** The oldest that may go; nothing overtakes an earlier move on the same request. */
async function nextDue(owner: string, force: boolean, tried: Set<string>): Promise<KeptMove | null> {
  const now = Date.now();
  const blocked = new Set<string>();
  for (const one of (await waitingMoves()).filter((move) => move.owner === owner)) {
    const due = force || one.tryAt <= now;
    if (one.state !== 'refused' && due && !tried.has(one.key) && !blocked.has(one.reference)) return one;
    blocked.add(one.reference);
  }
  return null;
}

async function sendOne(move: KeptMove): Promise<Trouble | null> {
  // Whoever signed out took it along, or it was thrown away.
  if (!(await field.update('moves', move.key, (one) => ({ ...one, state: 'sending' })))) return null;
  announce();
  try {
    const answer = await make(move);
    if (!answer) return null;
    await field.update('moves', move.key, (one) => ({ ...sent(one), version: answer.made.version }));
    await follow(move, answer.made.version);
    announce(answer);
    return null;
  } catch (error) {
    const trouble = troubleOf(error);
    const others = trouble.status === 401 || trouble.code === OTHER_ACCOUNT;
    const again = !(error instanceof ApiError) || error.uncertain || others;
    await field.update('moves', move.key, (one) => ({
      ...one,
      state: again ? 'waiting' : 'refused',
      tries: one.tries + 1,
      tryAt: again ? Date.now() + waitFor(one.tries, error) : 0,
      // What was refused was not made, so what is sent next may be another body.
      attempted: again ? one.attempted : null,
      trouble,
    }));
    announce();
    return trouble;
  }
}

/**
 * Pictures first, each once, then the move; pictures that waited too long are no longer there and go once more.
 * Null where the move is no longer kept: while its pictures went, it was thrown away, or its maker signed out.
 */
async function make(move: KeptMove, again = false): Promise<MoveAnswer | null> {
  const media = await uploadPhotos(move);
  const body = move.attempted ?? bodyOf(move, media);
  if (!(await field.update('moves', move.key, (one) => ({ ...one, attempted: body })))) return null;
  try {
    return await call<MoveAnswer>(paths.staffMove(move.reference, move.move), {
      method: 'POST',
      body,
      headers: { 'Idempotency-Key': move.key, 'Nagara-Account': move.owner },
      within: MOVE_WITHIN_MS,
    });
  } catch (error) {
    if (again || !(error instanceof ApiError) || error.code !== 'photo_not_usable') throw error;
    const forgotten = (one: KeptMove): KeptMove => ({
      ...one,
      attempted: null,
      photos: one.photos.map((photo) => ({ ...photo, media: null })),
    });
    await field.update('moves', move.key, forgotten);
    return make(forgotten(move), true);
  }
}

function bodyOf(move: KeptMove, media: string[]): MoveBody {
  return {
    ...(move.reason && { reason: move.reason }),
    ...(move.note.trim() && { note: move.note.trim() }),
    ...(media.length > 0 && { media }),
    version: move.version,
  };
}

async function uploadPhotos(move: KeptMove): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, photo] of move.photos.entries()) {
    if (photo.media !== null) {
      ids.push(photo.media);
      continue;
    }
    const form = new FormData();
    form.append('file', photo.blob, 'photo.jpg');
    const path = paths.media(move.city);
    const { id } = await call<{ id: string }>(path, { method: 'POST', body: form, within: UPLOAD_WITHIN_MS });
    await field.update('moves', move.key, (one) => ({
      ...one,
      photos: one.photos.map((each, place) => (place === index ? { ...each, media: id } : each)),
    }));
    ids.push(id);
  }
  return ids;
}

/** Of what the city has only a trace stays, without words and pictures. */
const sent = (move: KeptMove): KeptMove => ({
  ...move,
  state: 'sent',
  note: '',
  photos: move.photos.map((photo) => ({ blob: new Blob(), media: photo.media })),
  attempted: null,
  trouble: null,
  sentAt: Date.now(),
});

/** What waits on the same request was meant to follow this move, so it is made upon the version that this one made. */
async function follow(move: KeptMove, version: number): Promise<void> {
  const later = (await waitingMoves()).filter(
    (one) => one.reference === move.reference && one.owner === move.owner && one.queuedAt > move.queuedAt,
  );
  for (const { key } of later) {
    await field.update('moves', key, (one) => (one.attempted ? one : { ...one, version: Math.max(one.version, version) }));
  }
}

function troubleOf(error: unknown): Trouble {
  const nothing = { changes: [], by: null, version: null };
  if (!(error instanceof ApiError)) return { status: -1, code: 'unknown', message: '', ...nothing };
  const { status, code, message, changes, by } = error;
  return { status, code, message, changes, by, version: versionTold(error) };
}

/** Doubles up to ten minutes; the server's wish goes first. */
function waitFor(tries: number, error: unknown): number {
  if (error instanceof ApiError && error.retryAfter !== null) return error.retryAfter * 1000;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
}
