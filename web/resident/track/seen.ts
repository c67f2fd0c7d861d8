/**
 * The few words that the page's first lines write of a report this phone has seen before, until the city answers. They
 * lie beside what `kept.ts` keeps, where they can be read before anything else is there, and go with it.
 */
import type { Names } from '@shared/api/types';
import { recall, remember } from '@shared/storage';

const STORE = 'nagara.seen';
const MOST = 20;

export interface Seen {
  reference: string;
  status: string;
  service: { names: Names };
  department: { names: Names };
}
type Kept = [key: string, seen: Seen];

const kept = (): Kept[] => recall<Kept[]>('local', STORE) ?? [];
const keyOf = (reference: string, token: string | null): string => `${reference}/${token ?? ''}`;

export const seenOf = (reference: string, token: string | null): Seen | null =>
  kept().find(([key]) => key === keyOf(reference, token))?.[1] ?? null;

export function keepSeen({ reference, status, service, department }: Seen, token: string | null): void {
  const key = keyOf(reference, token);
  const short: Seen = { reference, status, service: { names: service.names }, department: { names: department.names } };
  remember('local', STORE, [[key, short] as Kept, ...kept().filter(([other]) => other !== key)].slice(0, MOST));
}

export function forgetSeen(reference: string): void {
  const left = kept().filter(([key]) => !key.startsWith(`${reference}/`));
  remember('local', STORE, left.length > 0 ? left : null);
}
