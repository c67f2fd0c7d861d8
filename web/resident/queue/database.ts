/** The phone's own store, for the page and its service worker alike: reports, their photos, what is followed. */
import { PhoneStore } from '../../offline/store';
import type { Kept } from '../track/status';
import type { KeptDraft, KeptPhoto, QueuedReport } from './report';

interface Stores {
  reports: QueuedReport;
  photos: KeptPhoto;
  drafts: KeptDraft;
  settings: { key: 'device'; value: string };
  tracked: Kept;
}

export const phone = new PhoneStore<Stores>('nagara', 2, ['reports', 'photos', 'drafts', 'settings', 'tracked']);

export async function photosOf(report: string): Promise<KeptPhoto[]> {
  const found = (await phone.all('photos')).filter((one) => one.report === report);
  return found.sort((one, other) => one.addedAt - other.addedAt);
}
