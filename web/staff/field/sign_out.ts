/**
 * Signing out where there is no line. The cookie of the session cannot be removed by a script, so what is left to do
 * is written down on the phone, and nobody counts as signed in until the server has ended the session.
 */
import { ApiError, call, paths } from '@shared/api/client';
import { alone } from './alone';
import { field } from './store';

const LOCK = 'nagara-sign-out';
const ASK_WITHIN_MS = 10_000;

/** Written before the server is asked: it holds also where the page is closed meanwhile. */
export const oweSignOut = (): Promise<void> => field.put('owed', { key: 'sign_out', at: Date.now() });

/** The server itself said that nobody is signed in; not a public network's page in between. */
export const nobodyIsSignedIn = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 401 && error.code !== 'unreadable_answer';

async function settle(): Promise<boolean> {
  if (!(await field.get('owed', 'sign_out'))) return true;
  try {
    await call(paths.staffSession, { method: 'DELETE', within: ASK_WITHIN_MS });
  } catch (error) {
    if (!nobodyIsSignedIn(error)) return false;
  }
  await field.remove('owed', 'sign_out');
  return true;
}

/** Ends the session that somebody left; true once no sign-out is owed. From the page and from its worker. */
export const settleSignOut = (): Promise<boolean> => alone(LOCK, settle);

/** Alone, so that the end of the session before never takes the new one's cookie; a new one settles what was owed. */
export function signInAlone<T>(work: () => Promise<T>): Promise<T> {
  return alone(LOCK, async () => {
    await settle();
    const answer = await work();
    await field.remove('owed', 'sign_out');
    return answer;
  });
}
