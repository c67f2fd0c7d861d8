/**
 * Sending a report exactly once over a line that may break.
 *
 * A key is made with the first try and kept until the server has said yes or no. If no answer came, the same body is
 * sent again under the same key and the server gives the same answer. If the person changed something in between and
 * the first try had in fact arrived, the server refuses the changed body (409); then the first body is repeated, which
 * fetches the answer that was lost.
 */
import { ApiError, call, paths } from '@shared/api/client';
import type { Filed, Filing } from '@shared/api/types';
import { keepAttempt, lastAttempt, type Attempt, type Confirmation } from './draft.svelte';

function withoutTime(body: Filing): string {
  return JSON.stringify({ ...body, observed_at: '' });
}

function attemptFor(city: string, body: Filing): Attempt {
  const before = lastAttempt();
  if (before && before.city === city && withoutTime(before.body) === withoutTime(body)) return before;
  return { key: before?.city === city ? before.key : crypto.randomUUID(), city, body };
}

function post(attempt: Attempt): Promise<Filed> {
  return call<Filed>(paths.file(attempt.city), {
    method: 'POST',
    body: attempt.body,
    headers: { 'Idempotency-Key': attempt.key },
  });
}

/** Guarantee: however often it is called for one draft, the city receives one report. */
export async function send(city: string, body: Filing): Promise<Confirmation> {
  const before = lastAttempt();
  const attempt = attemptFor(city, body);
  if (!before || before.city !== city) keepAttempt(attempt);
  try {
    const filed = await post(attempt);
    keepAttempt(null);
    return { city, filed, earlier: false };
  } catch (error) {
    if (!(error instanceof ApiError) || error.uncertain) throw error;
    if (error.status === 409 && before && before !== attempt && before.city === city) {
      const filed = await post(before);
      keepAttempt(null);
      return { city, filed, earlier: true };
    }
    keepAttempt(null);
    throw error;
  }
}
