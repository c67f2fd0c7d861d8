/**
 * Who is signed in. The token is kept by the browser in a cookie that scripts cannot read; the server says whose it is.
 */
import { ApiError, call, paths } from '@shared/api/client';
import type { Account } from './shapes';

let account = $state.raw<Account | null>(null);
let asked = $state(false);
let ended = $state(false);
let owed = $state(false);

export const signedIn = (): Account | null => account;
/** False until the server has said whether somebody is signed in. */
export const sessionKnown = (): boolean => asked;
/** True after a session ended while somebody was working. */
export const sessionEnded = (): boolean => ended;

/** True while somebody signed out here and the server could not be told yet. */
export const signOutOwed = (): boolean => owed;

/** Whether the account may do something; what it may not is not offered, and refused by the API all the same. */
export const may = (permission: string): boolean => account?.permissions.includes(permission) ?? false;

const ASKED_WITHIN_MS = 10_000;
const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('nagara-session') : null;
// Signing out in one tab leaves none that goes on with the same session.
if (tabs) tabs.onmessage = () => (account = null);

/** Tells the server of a sign-out that it could not be told of, and tries again when the line is back. */
async function settle(): Promise<boolean> {
  const { settleSignOut } = await import('./field/sign_out');
  owed = !(await settleSignOut());
  if (owed) {
    addEventListener('online', () => void settle(), { once: true });
    const { askForSync } = await import('./field/sync');
    void askForSync();
  }
  return !owed;
}

/**
 * Asks once, when the page starts; before that, a session that somebody left is ended. Without a line whoever keeps today's jobs on this phone goes on with them: nothing
 * is told to the server in their name before it has seen their session. Else the sign-in is shown and says more.
 */
export async function resumeSession(): Promise<void> {
  if (!(await settle())) {
    asked = true;
    return;
  }
  try {
    account = (await call<{ account: Account }>(paths.staffSession, { within: ASKED_WITHIN_MS })).account;
  } catch (error) {
    const silent = error instanceof ApiError && (error.uncertain || error.code === 'unreadable_answer');
    account = silent ? await keptAccount() : null;
    await forgetIfNobody(error);
  }
  asked = true;
}

/** Where the server says that nobody is signed in, the city's jobs leave this phone; what was done here waits. */
async function forgetIfNobody(error: unknown): Promise<void> {
  const { nobodyIsSignedIn } = await import('./field/sign_out');
  if (!nobodyIsSignedIn(error)) return;
  const { forgetSeen } = await import('./field/store');
  await forgetSeen().catch(() => undefined);
}

async function keptAccount(): Promise<Account | null> {
  const { forgetOld, keptPerson } = await import('./field/store');
  await forgetOld();
  return (await keptPerson())?.account ?? null;
}

/** The second factor: what the authenticator shows, or one of the codes kept for the day it is lost. */
export interface SecondFactor {
  totp?: string;
  recovery_code?: string;
}

export async function signIn(username: string, password: string, second: SecondFactor = {}): Promise<void> {
  const { signInAlone } = await import('./field/sign_out');
  const body = { username, password, ...second };
  const answer = await signInAlone(() => call<{ account: Account }>(paths.staffSession, { method: 'POST', body }));
  ended = false;
  owed = false;
  account = answer.account;
}

/** Also without a line: then the phone forgets now, and the server ends the session before anybody is let in again. */
export async function signOut(): Promise<void> {
  const { oweSignOut } = await import('./field/sign_out');
  const { forgetEverything } = await import('./field/store');
  // A phone that is full can still tell the server at once.
  await oweSignOut().catch(() => call(paths.staffSession, { method: 'DELETE' }).catch(() => undefined));
  const left = account?.username;
  account = null;
  tabs?.postMessage('signed_out');
  if (left) await forgetEverything(left).catch(() => undefined);
  await settle();
}

/** Reads anew what the account is and lacks, after it was changed here. */
export async function refreshAccount(): Promise<void> {
  account = (await staffCall<{ account: Account }>(paths.staffSession)).account;
}

/** Calls the API as the person signed in; an ended session leads back to the sign-in. */
export async function staffCall<T>(...args: Parameters<typeof call>): Promise<T> {
  try {
    return await call<T>(...args);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      ended = account !== null;
      account = null;
      void forgetIfNobody(error);
    }
    throw error;
  }
}
