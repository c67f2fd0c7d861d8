/**
 * What the person has written so far. It survives a reload of the page, in this tab only, because it may hold
 * a name and a telephone number and the phone may not be theirs alone. Only the city is remembered for longer.
 */
import type { Filed, Filing } from '@shared/api/types';
import { recall, remember } from '@shared/storage';

export interface Draft {
  city: string | null;
  service: string | null;
  position: { lat: number; lon: number } | null;
  /** True when the place is told in words instead of a pin. */
  words: boolean;
  address: string;
  district: string;
  description: string;
  answers: Record<string, string | string[]>;
  contact: { name: string; email: string; phone: string };
}

/** The report as it is sent: the key makes any repetition of the same body the same request. */
export interface Attempt {
  key: string;
  city: string;
  body: Filing;
}

export interface Confirmation {
  city: string;
  filed: Filed;
  /** True when an earlier version had arrived without its answer reaching this phone. */
  earlier: boolean;
}

const DRAFT = 'nagara.draft';
const CITY = 'nagara.city';
const CONFIRMATION = 'nagara.confirmation';
const ATTEMPT = 'nagara.attempt';

function empty(city: string | null): Draft {
  return {
    city,
    service: null,
    position: null,
    words: false,
    address: '',
    district: '',
    description: '',
    answers: {},
    contact: { name: '', email: '', phone: '' },
  };
}

export const draft: Draft = $state({ ...empty(recall<string>('local', CITY)), ...recall<Draft>('session', DRAFT) });

export function keepDraft(): void {
  remember('session', DRAFT, $state.snapshot(draft));
}

/** Services and places belong to a city, so a change of city forgets them; the person's words stay. */
export function chooseCity(id: string): void {
  if (draft.city !== id) Object.assign(draft, { service: null, position: null, district: '', answers: {} });
  draft.city = id;
  remember('local', CITY, id);
  keepDraft();
}

export function leaveCity(): void {
  draft.city = null;
  keepDraft();
}

export function chooseService(code: string): void {
  if (draft.service !== code) draft.answers = {};
  draft.service = code;
  keepDraft();
}

export function clearDraft(): void {
  Object.assign(draft, empty(draft.city));
  remember('session', DRAFT, null);
  remember('session', ATTEMPT, null);
}

export const lastAttempt = (): Attempt | null => recall<Attempt>('session', ATTEMPT);
export const keepAttempt = (attempt: Attempt | null): void => remember('session', ATTEMPT, attempt);

export const lastConfirmation = (): Confirmation | null => recall<Confirmation>('session', CONFIRMATION);
export const keepConfirmation = (one: Confirmation): void => remember('session', CONFIRMATION, one);
