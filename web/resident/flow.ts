/** Everything that writes a report and lies in wait for sending it: one part of the page, fetched apart from the rest. */
import { restoreDraft } from './draft.svelte';
import { startQueue } from './queue/queue.svelte';

export { default as Done } from './Done.svelte';
export { default as OnThisPhone } from './queue/OnThisPhone.svelte';
export { default as Report } from './Report.svelte';

let started: Promise<void> | null = null;

/** Takes up what was begun and sends what waits; once for a page. */
export function start(): Promise<void> {
  started ??= restoreDraft().then(startQueue);
  return started;
}
