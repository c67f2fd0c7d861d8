interface SyncRegistration extends ServiceWorkerRegistration {
  readonly sync?: { register: (tag: string) => Promise<void> };
}

/** Where the browser can, the worker does what waits once the line is back, page or no page. */
export async function askForSync(): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  try {
    const registration: SyncRegistration = await navigator.serviceWorker.ready;
    await registration.sync?.register('nagara-field');
  } catch {
    // Then it is done when the page is opened.
  }
}
