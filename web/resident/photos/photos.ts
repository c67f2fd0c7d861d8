/** The photos of the draft, kept on this phone from the moment they are chosen. */
import { phone, photosOf } from '../queue/database';
import { newKey, type KeptPhoto } from '../queue/report';
import { takenAt } from './exif';
import { offer } from './offered.svelte';
import { shrink } from './shrink';

export const MOST_PHOTOS = 3;

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
  await phone.put('photos', photo);
  if (position) offer(report, position);
  return shown(photo);
}

export async function removePhoto(photo: ShownPhoto): Promise<void> {
  await phone.remove('photos', photo.key);
  letGo([photo]);
}
