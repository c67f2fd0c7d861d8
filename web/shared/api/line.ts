/**
 * What the API's answers, and their absence, say about the line. A browser knows when it has no network; that it has
 * one does not mean that anything comes through: a tower that answers nobody, a public network without the internet.
 */

/** An answer may come from what is kept here; a failure is a call that could not be made; silence, one given up. */
export type Heard = 'answer' | 'failure' | 'silence';

const listeners = new Set<(what: Heard) => void>();

/** Called with the end of every call, but those that the page itself gave up. */
export function onHeard(tell: (what: Heard) => void): void {
  listeners.add(tell);
}

export function heard(what: Heard): void {
  listeners.forEach((tell) => tell(what));
}
