/**
 * Lets the page of a job open without a line. Built to `/job-worker.js`, for addresses under `/job/` only. What was
 * seen of a job lies in the page's own store until its link ends.
 */
import { keepPage } from '../offline/page_worker';

declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build (`scripts/service-worker.ts`). */
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

keepPage(self, { name: 'nagara-job', version: __VERSION__, page: '/job/', files: __PRECACHE__ });
