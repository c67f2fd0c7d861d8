/**
 * A random number by which the city can tell one phone that sends too much from many people behind one address. It is
 * made here, says nothing about phone or person, and goes with the page's other data when these are cleared.
 */
import { phone } from './database';
import { newKey } from './report';

const HEADER = 'Nagara-Device';
let known: Promise<string> | null = null;

async function read(): Promise<string> {
  const kept = await phone.get('settings', 'device');
  if (kept) return kept.value;
  const value = newKey();
  await phone.put('settings', { key: 'device', value });
  return value;
}

/** Empty where the phone keeps nothing: then only the address counts. */
export async function deviceHeader(): Promise<Record<string, string>> {
  known ??= read();
  return known.then(
    (value) => ({ [HEADER]: value }),
    () => ({}),
  );
}
