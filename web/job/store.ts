/** What this phone keeps of a job: how it was last seen, and what is still to be told. Gone when the link is over. */
import { PhoneStore } from '../offline/store';
import type { JobPage, Outcome } from './shapes';

export interface Waiting {
  report: Outcome;
  note: string;
  /** Pictures in the order they were taken; `media` is the id the city gave one that has arrived. */
  photos: { blob: Blob; media: string | null }[];
}
export interface Kept {
  key: string;
  seen: JobPage | null;
  seenAt: number;
  /** Not sent yet, and not decided yet: what was typed and photographed so far. */
  draft: Waiting | null;
  waiting: Waiting | null;
}

const store = new PhoneStore<{ jobs: Kept }>('nagara-job', 1, ['jobs']);

/** A token is not kept as it is: whoever gets hold of the store later should not get the link with it. */
export async function keyOf(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  if (!globalThis.crypto?.subtle) return `plain:${token}`;
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function read(key: string): Promise<Kept> {
  return (await store.get('jobs', key)) ?? { key, seen: null, seenAt: 0, draft: null, waiting: null };
}

export const write = (kept: Kept): Promise<void> => store.put('jobs', kept);
export const forget = (key: string): Promise<void> => store.remove('jobs', key);
