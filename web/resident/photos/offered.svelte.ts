/** The place a photo was taken at, until the person takes it or not. Kept in this page's memory alone. */
import type { TakenAt } from './exif';

let offered = $state.raw<{ report: string; position: TakenAt } | null>(null);

export function offer(report: string, position: TakenAt): void {
  offered = { report, position };
}

export const offeredFor = (report: string): TakenAt | null => (offered?.report === report ? offered.position : null);

export function answerOffer(): void {
  offered = null;
}
