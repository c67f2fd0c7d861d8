/**
 * Who is signed in. The token is kept by the browser in a cookie that scripts cannot read; the server says whose it is.
 */
import { ApiError, call, paths } from '@shared/api/client';
import type { Account } from './shapes';

let account = $state.raw<Account | null>(null);
let asked = $state(false);
let ended = $state(false);

export const signedIn = (): Account | null => account;
/** False until the server has said whether somebody is signed in. */
export const sessionKnown = (): boolean => asked;
/** True after a session ended while somebody was working. */
export const sessionEnded = (): boolean => ended;

/** Whether the account may do something; what it may not is not offered, and refused by the API all the same. */
export const may = (permission: string): boolean => account?.permissions.includes(permission) ?? false;

const ASKED_WITHIN_MS = 10_000;

/**
 * Asks once, when the page starts. Without a line whoever keeps today's jobs on this phone goes on with them: nothing
 * is told to the server in their name before it has seen their session. Else the sign-in is shown and says more.
 */
export async function resumeSession(): Promise<void> {
  try {
    account = (await call<{ account: Account }>(paths.staffSession, { within: ASKED_WITHIN_MS })).account;
  } catch (error) {
    const silent = error instanceof ApiError && error.uncertain;
    account = silent ? await keptAccount() : null;
  }
  asked = true;
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
  const answer = await call<{ account: Account }>(paths.staffSession, {
    method: 'POST',
    body: { username, password, ...second },
  });
  ended = false;
  account = answer.account;
}

export async function signOut(): Promise<void> {
  try {
    await call(paths.staffSession, { method: 'DELETE' });
  } catch {
    // Without connection the session ends by itself within the day; this page forgets it now.
  }
  if (account) {
    const { forgetEverything } = await import('./field/store');
    await forgetEverything(account.username).catch(() => undefined);
  }
  account = null;
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
    }
    throw error;
  }
}
