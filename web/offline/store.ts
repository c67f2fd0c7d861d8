/**
 * A small store of the phone's own (IndexedDB), for a page and its service worker alike.
 *
 * Where the browser refuses it (some private windows), things are kept in memory for as long as the page is open.
 */
export interface Keyed {
  key: string;
}

/** Each store by its name; what lies in it names itself by `key`. */
export class PhoneStore<Stores extends { [S in keyof Stores]: Keyed }> {
  readonly #name: string;
  readonly #version: number;
  readonly #stores: readonly (keyof Stores & string)[];
  readonly #memory = new Map<string, Keyed>();
  #opened: Promise<IDBDatabase | null> | null = null;

  constructor(name: string, version: number, stores: readonly (keyof Stores & string)[]) {
    this.#name = name;
    this.#version = version;
    this.#stores = stores;
  }

  async all<S extends keyof Stores & string>(store: S): Promise<Stores[S][]> {
    const found = await this.#transact(store, 'readonly', (on) => on.getAll());
    if (found.kept) return found.value as Stores[S][];
    return [...this.#memory].filter(([key]) => key.startsWith(`${store}/`)).map(([, value]) => value as Stores[S]);
  }

  async get<S extends keyof Stores & string>(store: S, key: string): Promise<Stores[S] | null> {
    const found = await this.#transact(store, 'readonly', (on) => on.get(key));
    return ((found.kept ? found.value : this.#memory.get(`${store}/${key}`)) as Stores[S] | undefined) ?? null;
  }

  /** Resolves once it is durable; fails when the phone is full. */
  async put<S extends keyof Stores & string>(store: S, value: Stores[S]): Promise<void> {
    const { kept } = await this.#transact(store, 'readwrite', (on) => on.put(value));
    if (!kept) this.#memory.set(`${store}/${value.key}`, value);
  }

  async remove(store: keyof Stores & string, key: string): Promise<void> {
    await this.#transact(store, 'readwrite', (on) => on.delete(key));
    this.#memory.delete(`${store}/${key}`);
  }

  async clear(store: keyof Stores & string): Promise<void> {
    await this.#transact(store, 'readwrite', (on) => on.clear());
    for (const key of [...this.#memory.keys()]) if (key.startsWith(`${store}/`)) this.#memory.delete(key);
  }

  /** Read and write in one transaction, so that page and worker never undo each other; null if it is gone by now. */
  async update<S extends keyof Stores & string>(
    store: S,
    key: string,
    change: (value: Stores[S]) => Stores[S],
  ): Promise<Stores[S] | null> {
    let after: Stores[S] | null = null;
    const { kept } = await this.#transact(store, 'readwrite', (on) => {
      const asked = on.get(key);
      asked.onsuccess = () => {
        const before = asked.result as Stores[S] | undefined;
        after = before ? change(before) : null;
        if (after) on.put(after);
      };
      return asked;
    });
    if (kept) return after;
    const before = this.#memory.get(`${store}/${key}`) as Stores[S] | undefined;
    if (!before) return null;
    after = change(before);
    this.#memory.set(`${store}/${key}`, after);
    return after;
  }

  /** One transaction; resolves once it is on the disk; `kept` is false where the browser keeps nothing. */
  async #transact<T>(
    store: string,
    mode: IDBTransactionMode,
    work: (on: IDBObjectStore) => IDBRequest<T>,
  ): Promise<{ kept: boolean; value: T | undefined }> {
    const transaction = await this.#begin(store, mode);
    if (!transaction) return { kept: false, value: undefined };
    return new Promise((resolve, reject) => {
      const asked = work(transaction.objectStore(store));
      transaction.oncomplete = () => resolve({ kept: true, value: asked.result });
      transaction.onabort = () => reject(transaction.error ?? new Error('the phone could not keep it'));
    });
  }

  async #begin(store: string, mode: IDBTransactionMode): Promise<IDBTransaction | null> {
    // Unasked, browsers say done before the disk has it: what a phone keeps would be gone with its battery.
    const begun = (on: IDBDatabase | null): IDBTransaction | null =>
      on && on.transaction(store, mode, { durability: 'strict' });
    try {
      return begun(await this.#open());
    } catch (error) {
      // Browsers end the connection of a page that slept for long, or whose data were cleared: it is opened once more.
      if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
      this.#opened = null;
      return begun(await this.#open());
    }
  }

  #open(): Promise<IDBDatabase | null> {
    this.#opened ??= new Promise((resolve) => {
      let asked: IDBOpenDBRequest;
      try {
        asked = indexedDB.open(this.#name, this.#version);
      } catch {
        resolve(null);
        return;
      }
      asked.onupgradeneeded = () => {
        const missing = this.#stores.filter((store) => !asked.result.objectStoreNames.contains(store));
        missing.forEach((store) => asked.result.createObjectStore(store, { keyPath: 'key' }));
      };
      asked.onerror = () => resolve(null);
      asked.onsuccess = () => {
        // A newer page in another tab may change the store; holding on to it would block that page.
        asked.result.onversionchange = () => {
          asked.result.close();
          this.#opened = null;
        };
        resolve(asked.result);
      };
    });
    return this.#opened;
  }
}
