/**
 * The key that opens a wall: it reads one city's wall and nothing else, so that no person's session hangs on a screen.
 * It comes once, in the part of the address that is never sent, and is kept by this browser alone.
 */
import { recall, remember } from '@shared/storage';

const STORE = 'nagara.wall.key';
const IN_ADDRESS = /^#key=(.+)$/;

/** Takes a key out of the address, where it would stand for everybody to read. */
export function takeKey(): void {
  const given = IN_ADDRESS.exec(location.hash)?.[1];
  if (!given) return;
  keepKey(decodeURIComponent(given));
  history.replaceState(null, '', location.pathname + location.search);
}

export function keepKey(key: string | null): void {
  remember('local', STORE, key?.trim() || null);
}

/** With a key as its holder; without one the browser's own session, if somebody is signed in. */
export function credentials(): Record<string, string> {
  const key = recall<string>('local', STORE);
  return key ? { Authorization: `Bearer ${key}` } : {};
}
