/** What was last seen of each request, on this phone, so that its page opens without a line. */
import { phone } from '../queue/database';
import { forgetSeen, keepSeen } from './seen';
import type { Kept, TrackedStatus } from './status';

const MOST = 20;

/** The holder of the private link sees more: theirs is kept apart, and found only with the same link. */
const keyOf = (reference: string, token: string | null): string => `${reference}/${token ?? ''}`;

export async function lastSeen(reference: string, token: string | null): Promise<Kept | null> {
  return phone.get('tracked', keyOf(reference, token)).catch(() => null);
}

/** A phone that is full shows the page all the same. */
export async function keep(status: TrackedStatus, token: string | null): Promise<void> {
  keepSeen(status, token);
  try {
    await phone.put('tracked', { key: keyOf(status.reference, token), status, at: Date.now() });
    const oldest = (await phone.all('tracked')).sort((one, other) => other.at - one.at).slice(MOST);
    await Promise.all(oldest.map(({ key }) => phone.remove('tracked', key)));
  } catch {
    // Nothing is lost but the look without a line.
  }
}

/** All that is kept of one request, under whatever link. */
export async function forget(reference: string): Promise<void> {
  forgetSeen(reference);
  const found = (await phone.all('tracked').catch(() => [])).filter(({ key }) => key.startsWith(`${reference}/`));
  await Promise.all(found.map(({ key }) => phone.remove('tracked', key)));
}
