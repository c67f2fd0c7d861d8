/**
 * Who is signed in. The token is kept by the browser in a cookie that scripts cannot read; the server says whose it is.
 */
import { ApiError, call, paths } from '@shared/api/client';
import type { StaffAccount } from '@shared/api/types';

let account = $state.raw<StaffAccount | null>(null);
let asked = $state(false);
let ended = $state(false);

export const signedIn = (): StaffAccount | null => account;
/** False until the server has said whether somebody is signed in. */
export const sessionKnown = (): boolean => asked;
/** True after a session ended while somebody was working. */
export const sessionEnded = (): boolean => ended;

/** Asks once, when the page starts; without an answer the sign-in is shown and says more. */
export async function resumeSession(): Promise<void> {
  try {
    account = (await call<{ account: StaffAccount }>(paths.staffSession)).account;
  } catch {
    account = null;
  }
  asked = true;
}

export async function signIn(username: string, password: string): Promise<void> {
  const answer = await call<{ account: StaffAccount }>(paths.staffSession, {
    method: 'POST',
    body: { username, password },
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
  account = null;
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
