/**
 * What the person has written so far. It survives a reload of the page in this tab and, without name and contact
 * (the phone may not be theirs alone), the closing of the browser for a week. Only the city is remembered for longer.
 */
import type { Filed } from '@shared/api/types';
import { recall, remember } from '@shared/storage';
import { get, put, remove } from './queue/database';
import { newKey, type Draft } from './queue/report';

export type { Draft };

export interface Confirmation {
  city: string;
  filed: Filed;
  /** True when an earlier version had arrived without its answer reaching this phone. */
  earlier: boolean;
}

const DRAFT = 'nagara.draft';
const CITY = 'nagara.city';
const CONFIRMATION = 'nagara.confirmation';
const HANDED_OVER = 'nagara.handed_over';
const KEPT_FOR_MS = 7 * 86_400_000;
const NOBODY = { name: '', email: '', phone: '' };

function empty(city: string | null): Draft {
  return {
    key: newKey(),
    city,
    service: null,
    position: null,
    words: false,
    address: '',
    district: '',
    description: '',
    answers: {},
    contact: { ...NOBODY },
  };
}

const inThisTab = recall<Draft>('session', DRAFT);
export const draft: Draft = $state({ ...empty(recall<string>('local', CITY)), ...inThisTab });

/** Takes up what was begun before the browser was closed; a city named in the address is a new beginning elsewhere. */
export async function restoreDraft(): Promise<void> {
  if (inThisTab) return;
  const kept = await get('drafts', 'draft').catch(() => null);
  if (!kept) return;
  if (Date.now() - kept.at > KEPT_FOR_MS) await remove('drafts', 'draft').catch(() => undefined);
  else Object.assign(draft, kept.draft, { contact: { ...NOBODY } });
}

export function keepDraft(): void {
  const now = $state.snapshot(draft);
  remember('session', DRAFT, now);
  // A phone that is full still keeps it in this tab.
  put('drafts', { key: 'draft', draft: { ...now, contact: { ...NOBODY } }, at: Date.now() }).catch(() => undefined);
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
  remove('drafts', 'draft').catch(() => undefined);
}

/** Takes a refused report up again, under the same key. */
export function takeUp(refused: Draft): void {
  Object.assign(draft, refused);
  keepDraft();
  markHandedOver(refused.key);
}

/** Whether this tab gave this draft to the queue: another tab may have taken up the same one. */
export const handedOver = (key: string): boolean => recall<string>('session', HANDED_OVER) === key;
export const markHandedOver = (key: string): void => remember('session', HANDED_OVER, key);

export const lastConfirmation = (): Confirmation | null => recall<Confirmation>('session', CONFIRMATION);
export const keepConfirmation = (one: Confirmation): void => remember('session', CONFIRMATION, one);
