/**
 * The status the address names is asked for while the page is still being put together: on a slow line the answer is
 * then there as soon as the page is. The document's first lines ask (`first.ts`), or this where they are not built in.
 */
import { ApiError, call, paths, understood } from '@shared/api/client';
import { linkHeader } from '../link';
import { route } from '../route.svelte';
import type { TrackedStatus } from './status';

const ANSWER_WITHIN_MS = 20_000;
let asked: { reference: string; token: string | null; answer: Promise<TrackedStatus> } | null = null;

const silence = (): ApiError => new ApiError(0, { code: 'no_connection', message: '' });

const ask = (reference: string, token: string | null): Promise<TrackedStatus> =>
  call<TrackedStatus>(paths.status(reference), { headers: linkHeader(token), within: ANSWER_WITHIN_MS });

/** The question of the first lines; silence on either end of the line is told as no connection. */
async function askedFirst(): Promise<TrackedStatus> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silence()), ANSWER_WITHIN_MS);
  });
  const answer = window.nagaraFirst?.answer.catch(() => Promise.reject(silence())) ?? tooLong;
  try {
    return understood<TrackedStatus>(await Promise.race([answer, tooLong]));
  } finally {
    clearTimeout(timer);
  }
}

/** What fails here is told when the page asks. */
export function startEarly(): void {
  const here = route();
  if (here.at !== 'track' || !here.reference) return;
  const { reference, token } = here;
  const first = window.nagaraFirst;
  const same = first?.reference === reference && first.token === token;
  asked = { reference, token, answer: same ? askedFirst() : ask(reference, token) };
  asked.answer.catch(() => undefined);
}

/** The status as the city says now; the early answer serves once. */
export function statusOf(reference: string, token: string | null): Promise<TrackedStatus> {
  const early = asked;
  asked = null;
  return early?.reference === reference && early.token === token ? early.answer : ask(reference, token);
}
