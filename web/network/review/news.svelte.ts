/** How many notices are unread: shown beside the page's name, and counted anew whenever somebody looks. */
import { staffCall } from '../../staff/session.svelte';
import { at } from './addresses';

let unread = $state(0);

export const unreadNotices = (): number => unread;
export const setUnread = (count: number): void => {
  unread = count;
};

/** Without an answer the number that is shown stays as it was. */
export async function countNotices(): Promise<void> {
  try {
    unread = (await staffCall<{ unread: number }>(at.notices, { query: { limit: 1 } })).unread;
  } catch {
    return;
  }
}
