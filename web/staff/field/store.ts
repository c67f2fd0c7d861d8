/**
 * What a crew's phone keeps: the jobs as they were last seen with small pictures, what is typed, and moves that wait.
 *
 * Bounded, and gone when the person signs out: at most as many jobs as the API gives, their pictures, and traces of
 * the last moves that were sent. What nobody has refreshed for days is removed at the next start; only moves that
 * wait stay, because they are somebody's work.
 */
import { PhoneStore } from '../../offline/store';
import type { KeptDraft, KeptMove, KeptPerson, KeptPicture, KeptToday, OwedSignOut } from './shapes';

interface Stores {
  person: KeptPerson;
  today: KeptToday;
  pictures: KeptPicture;
  drafts: KeptDraft;
  moves: KeptMove;
  owed: OwedSignOut;
}

export const field = new PhoneStore<Stores>('nagara-field', 2, ['person', 'today', 'pictures', 'drafts', 'moves', 'owed']);

const HOUR_MS = 3_600_000;
/** Jobs that were not seen for so long are no longer today's. */
export const SEEN_FOR_MS = 72 * HOUR_MS;
const SENT_SHOWN_MS = 24 * HOUR_MS;
const MOST_SENT_SHOWN = 50;

/** Whose jobs lie on this phone; null where nobody's do. */
export const keptPerson = (): Promise<KeptPerson | null> => field.get('person', 'person');

async function forgetJobs(): Promise<void> {
  await Promise.all([forgetSeen(), field.clear('drafts')]);
}

/** Nobody is signed in any more: whoever left off finds what they typed and did when they sign in again. */
export async function forgetSeen(): Promise<void> {
  await Promise.all([field.clear('person'), field.clear('today'), field.clear('pictures')]);
}

/**
 * Somebody works with this phone from now on: what was shown to anybody else goes. Their unsent moves stay theirs.
 * `answeredAt`: when the server answered them; without, opening the page does not make what is kept any younger.
 */
export async function keepPerson(person: Omit<KeptPerson, 'key' | 'at'>, answeredAt?: number): Promise<void> {
  const { username } = person.account;
  const before = await keptPerson();
  const same = before?.account.username === username;
  if (before && !same) await forgetJobs();
  const others = (await field.all('drafts')).filter((one) => one.owner !== username);
  await Promise.all(others.map((one) => field.remove('drafts', one.key)));
  await field.put('person', { ...person, key: 'person', at: answeredAt ?? (same ? before.at : Date.now()) });
}

/** What is over goes: jobs nobody refreshed, and traces of what was sent. */
export async function forgetOld(): Promise<void> {
  const now = Date.now();
  const person = await keptPerson();
  if (person && now - person.at > SEEN_FOR_MS) await forgetJobs();
  const sent = (await field.all('moves')).filter((one) => one.state === 'sent');
  sent.sort((one, other) => (other.sentAt ?? 0) - (one.sentAt ?? 0));
  const over = sent.filter((one, place) => place >= MOST_SENT_SHOWN || now - (one.sentAt ?? 0) > SENT_SHOWN_MS);
  await Promise.all(over.map((one) => field.remove('moves', one.key)));
}

/** Moves that no city has yet, whosever they are. */
export async function unsent(): Promise<KeptMove[]> {
  return (await field.all('moves')).filter((one) => one.state !== 'sent');
}
export async function unsentOf(owner: string): Promise<KeptMove[]> {
  return (await unsent()).filter((one) => one.owner === owner);
}

/** Signing out: everything of this person's leaves the phone. */
export async function forgetEverything(owner: string): Promise<void> {
  await forgetJobs();
  const own = (await field.all('moves')).filter((one) => one.owner === owner);
  await Promise.all(own.map((one) => field.remove('moves', one.key)));
}

/** Small pictures of the jobs that are shown, and no others. */
export async function keepOnlyPictures(wanted: ReadonlySet<string>): Promise<void> {
  const gone = (await field.all('pictures')).filter((one) => !wanted.has(one.key));
  await Promise.all(gone.map((one) => field.remove('pictures', one.key)));
}
