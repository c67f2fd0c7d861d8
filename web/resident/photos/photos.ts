/** The photos of the draft, kept on this phone from the moment they are chosen. */
import { ApiError, call, paths } from '@shared/api/client';
import { recall, remember } from '@shared/storage';
import { photosOf, put, remove } from '../queue/database';
import { newKey, type KeptPhoto } from '../queue/report';
import { takenAt } from './exif';
import { offer } from './offered.svelte';
import { shrink } from './shrink';

export const MOST_PHOTOS = 3;
const TAKEN = 'nagara.photos';

export interface ShownPhoto {
  key: string;
  /** For an `<img>`; given back by `letGo`. */
  url: string;
}

const shown = (photo: KeptPhoto): ShownPhoto => ({ key: photo.key, url: URL.createObjectURL(photo.blob) });

export async function photosFor(report: string): Promise<ShownPhoto[]> {
  return (await photosOf(report)).map(shown);
}

export function letGo(photos: readonly ShownPhoto[]): void {
  photos.forEach(({ url }) => URL.revokeObjectURL(url));
}

/** Fails with `NotAPhoto`, or with the store's error when the phone is full. */
export async function addPhoto(report: string, file: File): Promise<ShownPhoto> {
  // Before it is made smaller: what the camera wrote does not outlive that.
  const position = await takenAt(file);
  const photo = { key: newKey(), report, blob: await shrink(file), media: null, addedAt: Date.now() };
  await put('photos', photo);
  if (position) offer(report, position);
  return shown(photo);
}

export async function removePhoto(photo: ShownPhoto): Promise<void> {
  await remove('photos', photo.key);
  letGo([photo]);
}

/** Whether the city takes photos; without a line, as it was the last time. Asking costs no body: only POST exists. */
export async function takesPhotos(city: string): Promise<boolean> {
  const known = recall<Record<string, boolean>>('local', TAKEN) ?? {};
  if (!navigator.onLine) return known[city] ?? true;
  const taken = await call(paths.media(city), { method: 'HEAD' }).then(
    () => true,
    (error: unknown) => (error instanceof ApiError && error.status > 0 ? error.status !== 404 : (known[city] ?? true)),
  );
  remember('local', TAKEN, { ...known, [city]: taken });
  return taken;
}
