/**
 * What the API's answers, and their absence, say about the line. A browser knows when it has no network; that it has
 * one does not mean that anything comes through: a tower that answers nobody, a public network without the internet.
 */

const listeners = new Set<(up: boolean) => void>();

/** Called with every answer (true), which may also come from what is kept here, and with every call that failed (false). */
export function onHeard(tell: (up: boolean) => void): void {
  listeners.add(tell);
}

export function heard(up: boolean): void {
  listeners.forEach((tell) => tell(up));
}
