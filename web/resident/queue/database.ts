/**
 * The phone's own store (IndexedDB), for the page and its service worker alike.
 *
 * Where the browser refuses it (some private windows), things are kept in memory for as long as the page is open.
 */
import type { Kept } from '../track/status';
import type { KeptDraft, KeptPhoto, QueuedReport } from './report';

interface Stores {
  reports: QueuedReport;
  photos: KeptPhoto;
  drafts: KeptDraft;
  settings: { key: 'device'; value: string };
  tracked: Kept;
}
type StoreName = keyof Stores;

const NAME = 'nagara';
const VERSION = 2;
const STORES: readonly StoreName[] = ['reports', 'photos', 'drafts', 'settings', 'tracked'];

let opened: Promise<IDBDatabase | null> | null = null;
const memory = new Map<string, unknown>();
const memoryKey = (store: StoreName, key: string): string => `${store}/${key}`;

function open(): Promise<IDBDatabase | null> {
  opened ??= new Promise((resolve) => {
    let asked: IDBOpenDBRequest;
    try {
      asked = indexedDB.open(NAME, VERSION);
    } catch {
      resolve(null);
      return;
    }
    asked.onupgradeneeded = () => {
      const missing = STORES.filter((store) => !asked.result.objectStoreNames.contains(store));
      missing.forEach((store) => asked.result.createObjectStore(store, { keyPath: 'key' }));
    };
    // An old page in another tab holds the store open: it lets go when it is told of the new version.
    asked.onerror = () => resolve(null);
    asked.onsuccess = () => {
      // A newer page in another tab may change the store; holding on to it would block that page.
      asked.result.onversionchange = () => {
        asked.result.close();
        opened = null;
      };
      resolve(asked.result);
    };
  });
  return opened;
}

/** One transaction; resolves once it is durable, with what `work` left in `result`. */
function transact<T>(
  database: IDBDatabase,
  store: StoreName,
  mode: IDBTransactionMode,
  work: (on: IDBObjectStore, finish: (value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    let result: T;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error ?? new Error('the phone could not keep it'));
    work(transaction.objectStore(store), (value) => (result = value));
  });
}

export async function all<S extends StoreName>(store: S): Promise<Stores[S][]> {
  const database = await open();
  if (!database) {
    return [...memory].filter(([key]) => key.startsWith(`${store}/`)).map(([, value]) => value as Stores[S]);
  }
  return transact(database, store, 'readonly', (on, finish) => {
    const asked = on.getAll();
    asked.onsuccess = () => finish(asked.result as Stores[S][]);
  });
}

export async function get<S extends StoreName>(store: S, key: string): Promise<Stores[S] | null> {
  const database = await open();
  if (!database) return (memory.get(memoryKey(store, key)) as Stores[S] | undefined) ?? null;
  return transact(database, store, 'readonly', (on, finish) => {
    const asked = on.get(key);
    asked.onsuccess = () => finish((asked.result as Stores[S] | undefined) ?? null);
  });
}

/** Fails when the phone is full. */
export async function put<S extends StoreName>(store: S, value: Stores[S]): Promise<void> {
  const database = await open();
  if (!database) {
    memory.set(memoryKey(store, value.key), value);
    return;
  }
  await transact<void>(database, store, 'readwrite', (on) => void on.put(value));
}

export async function remove(store: StoreName, key: string): Promise<void> {
  const database = await open();
  if (!database) {
    memory.delete(memoryKey(store, key));
    return;
  }
  await transact<void>(database, store, 'readwrite', (on) => void on.delete(key));
}

/** Read and write in one transaction, so that page and worker never undo each other; null if it is gone by now. */
export async function update<S extends StoreName>(
  store: S,
  key: string,
  change: (value: Stores[S]) => Stores[S],
): Promise<Stores[S] | null> {
  const database = await open();
  if (!database) {
    const before = memory.get(memoryKey(store, key)) as Stores[S] | undefined;
    if (!before) return null;
    const after = change(before);
    memory.set(memoryKey(store, key), after);
    return after;
  }
  return transact<Stores[S] | null>(database, store, 'readwrite', (on, finish) => {
    const asked = on.get(key);
    asked.onsuccess = () => {
      const before = asked.result as Stores[S] | undefined;
      const after = before ? change(before) : null;
      if (after) on.put(after);
      finish(after);
    };
  });
}

export async function photosOf(report: string): Promise<KeptPhoto[]> {
  const found = (await all('photos')).filter((one) => one.report === report);
  return found.sort((one, other) => one.addedAt - other.addedAt);
}
