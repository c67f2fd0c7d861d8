/**
 * Asks for the status the address names while the page is still being put together: on a slow line the answer is
 * then there as soon as the page is.
 */
import { call, paths } from '@shared/api/client';
import { route } from '../route.svelte';
import type { TrackedStatus } from './status';

const ANSWER_WITHIN_MS = 20_000;
let asked: { reference: string; token: string | null; answer: Promise<TrackedStatus> } | null = null;

const ask = (reference: string, token: string | null): Promise<TrackedStatus> =>
  call<TrackedStatus>(paths.status(reference), { query: { token }, within: ANSWER_WITHIN_MS });

/** Also fetches the page's own part; what fails here is told when the page asks. */
export function startEarly(): void {
  const here = route();
  if (here.at !== 'track' || !here.reference) return;
  asked = { reference: here.reference, token: here.token, answer: ask(here.reference, here.token) };
  asked.answer.catch(() => undefined);
  void import('./Track.svelte').catch(() => undefined);
}

/** The status as the city says now; the early answer serves once. */
export function statusOf(reference: string, token: string | null): Promise<TrackedStatus> {
  const early = asked;
  asked = null;
  return early?.reference === reference && early.token === token ? early.answer : ask(reference, token);
}
