/**
 * Lets a crew's phone open today's jobs without a line, and sends what waits there once the line is back while the
 * page is closed. Built to `/staff-worker.js`, for addresses under `/staff/`; only today's page asks for it.
 */
import { keepPage } from '../offline/page_worker';
import { sendMoves } from './field/sender';

declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build (`scripts/service-worker.ts`). */
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

keepPage(self, { name: 'nagara-staff', version: __VERSION__, page: '/staff/', files: __PRECACHE__ });

self.addEventListener('sync' as 'message', (event: unknown) => {
  const { tag } = event as SyncEvent;
  if (tag === 'nagara-field') (event as SyncEvent).waitUntil(sendWhatWaits());
});

/** A rejection asks the browser to try again later. */
async function sendWhatWaits(): Promise<void> {
  if ((await sendMoves({ force: true })) === 'no_line') throw new Error('there is no line yet');
}
