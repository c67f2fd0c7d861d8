/** How things stand on this phone, in the few words that every screen shows; the queue itself comes with the report. */

export const standing = $state({
  online: navigator.onLine,
  /** How many reports lie here. */
  kept: 0,
  /** How many of them still need the line or the person. */
  pending: 0,
  /** The last change in words, for a live region. */
  news: '',
});

addEventListener('offline', () => (standing.online = false));
addEventListener('online', () => (standing.online = true));
