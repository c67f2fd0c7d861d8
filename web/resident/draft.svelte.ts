/**
 * What the person has written so far. It survives a reload of the page in this tab and, without name and contact
 * (the phone may not be theirs alone), the closing of the browser for a week. One that was put aside waits beside the
 * others under "On this phone". Only the city is remembered for longer.
 */
import type { Filed } from '@shared/api/types';
import { recall, remember } from '@shared/storage';
import { phone, photosOf } from './queue/database';
import { newKey, type Draft, type KeptDraft } from './queue/report';

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
    detailed: false,
    confidential: false,
    sameAs: null,
    contact: { ...NOBODY },
  };
}

const inThisTab = recall<Draft>('session', DRAFT);
export const draft: Draft = $state({ ...empty(recall<string>('local', CITY)), ...inThisTab });

let aside = $state.raw<KeptDraft[]>([]);
/** Begun and put aside, newest first; the one being written is not among them. */
export const draftsAside = (): KeptDraft[] => aside.filter((one) => one.draft.key !== draft.key);

/** Whether anything of it would be missed. */
export const begun = (one: Draft): boolean =>
  Boolean(one.service || one.position || one.address.trim() || one.description.trim());

async function keptDrafts(): Promise<KeptDraft[]> {
  const found = await phone.all('drafts').catch(() => []);
  return found.sort((one, other) => other.at - one.at);
}

/** Takes up what was begun before the browser was closed; a city named in the address is a new beginning elsewhere. */
export async function restoreDraft(): Promise<void> {
  const now = Date.now();
  const reports = await phone.all('reports').catch(() => []);
  const handed = new Set(reports.filter((one) => one.state !== 'refused').map((one) => one.key));
  for (const { key, at } of await keptDrafts()) if (handed.has(key) || now - at > KEPT_FOR_MS) await forget(key);
  const kept = await keptDrafts();
  if (!inThisTab && kept[0]) Object.assign(draft, empty(draft.city), kept[0].draft, { contact: { ...NOBODY } });
  aside = kept;
}

async function forget(key: string): Promise<void> {
  await phone.remove('drafts', key).catch(() => undefined);
  aside = aside.filter((one) => one.key !== key);
}

export function keepDraft(): void {
  const now = $state.snapshot(draft);
  remember('session', DRAFT, now);
  // A phone that is full still keeps it in this tab.
  phone.put('drafts', { key: now.key, draft: { ...now, contact: { ...NOBODY } }, at: Date.now() }).catch(() => undefined);
}

/** Services and places belong to a city, so a change of city forgets them; the person's words stay. */
export function chooseCity(id: string): void {
  if (draft.city !== id) Object.assign(draft, { service: null, position: null, district: '', answers: {}, sameAs: null, detailed: false });
  draft.city = id;
  remember('local', CITY, id);
  keepDraft();
}

export function leaveCity(): void {
  draft.city = null;
  keepDraft();
}

export function chooseService(code: string): void {
  if (draft.service !== code) Object.assign(draft, { answers: {}, sameAs: null, detailed: false });
  draft.service = code;
  keepDraft();
}

/** Another place is another problem: a report that was joined there is joined no longer. */
export function placeAt(position: Draft['position']): void {
  draft.position = position;
  draft.sameAs = null;
  keepDraft();
}

export function clearDraft(): void {
  const done = draft.key;
  Object.assign(draft, empty(draft.city));
  remember('session', DRAFT, null);
  void forget(done);
}

/** Leaves the draft on the phone and begins another; contact is only ever kept in this tab. */
export async function putAside(): Promise<void> {
  keepDraft();
  Object.assign(draft, empty(draft.city));
  remember('session', DRAFT, null);
  aside = await keptDrafts();
}

/** Goes on with one that was put aside; the present one takes its place there. */
export async function goOnWith(kept: KeptDraft): Promise<void> {
  if (begun(draft)) keepDraft();
  else await forget(draft.key);
  Object.assign(draft, empty(draft.city), kept.draft, { contact: { ...NOBODY } });
  keepDraft();
  aside = await keptDrafts();
}

export async function discardDraft(kept: KeptDraft): Promise<void> {
  for (const photo of await photosOf(kept.draft.key)) await phone.remove('photos', photo.key);
  await forget(kept.key);
}

/** Takes a refused report up again, under the same key. */
export function takeUp(refused: Draft): void {
  Object.assign(draft, empty(draft.city), refused);
  keepDraft();
  markHandedOver(refused.key);
}

/** Whether this tab gave this draft to the queue: another tab may have taken up the same one. */
export const handedOver = (key: string): boolean => recall<string>('session', HANDED_OVER) === key;
export const markHandedOver = (key: string): void => remember('session', HANDED_OVER, key);

export const lastConfirmation = (): Confirmation | null => recall<Confirmation>('session', CONFIRMATION);
export const keepConfirmation = (one: Confirmation): void => remember('session', CONFIRMATION, one);
