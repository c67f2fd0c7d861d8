/** What the holder of a private link sends after filing: pictures first, then the words that name them. */
import { call, paths } from '@shared/api/client';
import { linkHeader } from '../link';
import { phone } from '../queue/database';
import type { Done } from './status';

const UPLOAD_WITHIN_MS = 180_000;
const ACT_WITHIN_MS = 60_000;

/** A picture chosen here; `media` is the city's id once it was sent, so that a second try does not send it again. */
export interface Chosen {
  key: string;
  blob: Blob;
  url: string;
  media: string | null;
}

export async function upload(city: string, photos: readonly Chosen[]): Promise<string[]> {
  for (const photo of photos) {
    if (photo.media !== null) continue;
    const form = new FormData();
    form.append('file', photo.blob, photo.blob.type === 'image/jpeg' ? 'photo.jpg' : 'photo');
    const { id } = await call<{ id: string }>(paths.media(city), { method: 'POST', body: form, within: UPLOAD_WITHIN_MS });
    photo.media = id;
  }
  return photos.flatMap(({ media }) => media ?? []);
}

export function act<T = Done>(reference: string, token: string, what: string, body: unknown = {}): Promise<T> {
  const path = `${paths.status(reference)}/${what}`;
  return call<T>(path, { method: 'POST', body, headers: linkHeader(token), within: ACT_WITHIN_MS });
}

/** The new link in place of the dead one, under "On this phone" too. */
export async function remember(reference: string, token: string): Promise<void> {
  for (const report of await phone.all('reports').catch(() => [])) {
    if (report.filed?.reference !== reference) continue;
    await phone.update('reports', report.key, (one) => (one.filed ? { ...one, filed: { ...one.filed, token } } : one));
  }
}
