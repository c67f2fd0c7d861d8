/**
 * What the city says of a report before it is sent: whether it takes it, when it would answer, whether a collection was
 * due, and what is already reported near by. Asked only with a line and never waited for longer than a slow one needs:
 * the city decides all of it again on receipt.
 */
import { ApiError, call, paths } from '@shared/api/client';
import type { Checked, Service, Unfinished } from '@shared/api/types';
import { draft } from '../draft.svelte';
import { unfinishedOf } from '../filing';
import { photosOf } from '../queue/database';
import { deviceHeader } from '../queue/device';
import { uploadPhotos } from '../queue/sender';
import { standing } from '../queue/standing.svelte';

const ANSWERS_WITHIN_MS = 8_000;
const PHOTOS_WITHIN_MS = 10_000;

let asked = '';
let answer = $state.raw<Checked | null>(null);
let asking = $state(false);
/** Reports near by that the person has seen and called another problem. */
const seen = new Set<string>();

export const check = {
  /** The last answer; null before there is one, and without a line. */
  get answer(): Checked | null {
    return answer;
  },
  get asking(): boolean {
    return asking;
  },
};

/** Open reports near by that the person has not yet looked at. */
export const unseenNearby = (): boolean =>
  answer?.nearby.some((one) => one.open && !seen.has(one.reference)) ?? false;

export function markSeen(): void {
  answer?.nearby.forEach((one) => seen.add(one.reference));
}

/** Photos that look like those of another report are told by their pictures, so they go ahead where the line allows. */
async function photosAhead(city: string): Promise<string[]> {
  const late = new Promise<string[]>((resolve) => setTimeout(() => resolve([]), PHOTOS_WITHIN_MS));
  const sent = uploadPhotos(city, draft.key).then(
    ({ ids }) => ids,
    () => [],
  );
  return Promise.race([sent, late]);
}

const knownMedia = async (): Promise<string[]> =>
  (await photosOf(draft.key).catch(() => [])).flatMap((one) => (one.media ? [one.media] : []));

function ask(city: string, body: Unfinished, headers: Record<string, string>): Promise<Checked> {
  return call<Checked>(paths.check(city), { method: 'POST', body, headers, within: ANSWERS_WITHIN_MS });
}

/** Never fails: without an answer the report goes on as it is. */
export async function askCity(city: string, service: Service, withPhotos = false): Promise<Checked | null> {
  if (!standing.online) {
    asked = '';
    answer = null;
    return null;
  }
  asking = true;
  try {
    const media = withPhotos ? await photosAhead(city) : await knownMedia();
    const body = unfinishedOf(draft, service, media);
    const key = JSON.stringify([city, body]);
    if (key === asked && answer) return answer;
    answer = await ask(city, body, await deviceHeader()).catch((error: unknown) => {
      const expired = error instanceof ApiError && error.code === 'photo_not_usable';
      if (expired) return ask(city, unfinishedOf(draft, service, []), {});
      throw error;
    });
    asked = key;
  } catch {
    asked = '';
    answer = null;
  } finally {
    asking = false;
  }
  return answer;
}
