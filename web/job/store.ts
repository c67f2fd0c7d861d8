/** What this phone keeps of a job: how it was last seen, and what is still to be told. Gone when the link is over. */
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

const STORE = 'jobs';
let opened: Promise<IDBDatabase | null> | null = null;
const memory = new Map<string, Kept>();

function open(): Promise<IDBDatabase | null> {
  opened ??= new Promise((resolve) => {
    let asked: IDBOpenDBRequest;
    try {
      asked = indexedDB.open('nagara-job', 1);
    } catch {
      resolve(null);
      return;
    }
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'key' });
    asked.onerror = () => resolve(null);
    asked.onsuccess = () => resolve(asked.result);
  });
  return opened;
}

/** One transaction; resolves once it is durable, and fails when the phone is full. */
async function transact<T>(mode: IDBTransactionMode, work: (on: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  const database = await open();
  if (!database) return null;
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const asked = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = () => reject(transaction.error ?? new Error('the phone could not keep it'));
  });
}

/** A token is not kept as it is: whoever gets hold of the store later should not get the link with it. */
export async function keyOf(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  if (!globalThis.crypto?.subtle) return `plain:${token}`;
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function read(key: string): Promise<Kept> {
  const found = (await transact('readonly', (on) => on.get(key))) as Kept | null | undefined;
  return found ?? memory.get(key) ?? { key, seen: null, seenAt: 0, draft: null, waiting: null };
}

export async function write(kept: Kept): Promise<void> {
  memory.set(kept.key, kept);
  await transact('readwrite', (on) => on.put(kept));
}

export async function forget(key: string): Promise<void> {
  memory.delete(key);
  await transact('readwrite', (on) => on.delete(key));
}
