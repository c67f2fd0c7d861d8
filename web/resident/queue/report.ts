/** What lies on this phone until a city has it: the report, its photos, and how far sending them has come. */
import type { Filed, Filing, Names } from '@shared/api/types';

/** What the person has written so far. */
export interface Draft {
  /** Becomes the report's Idempotency-Key; its photos are kept under it. */
  key: string;
  city: string | null;
  service: string | null;
  position: { lat: number; lon: number } | null;
  /** True when the place is told in words instead of a pin. */
  words: boolean;
  address: string;
  district: string;
  description: string;
  answers: Record<string, string | string[]>;
  /** True once the person has been through the details of the service: what they left empty is left empty. */
  detailed?: boolean;
  /** Shown to nobody but staff and the private link. */
  confidential: boolean;
  /** An open report of the same problem that this one joins. */
  sameAs: string | null;
  contact: { name: string; email: string; phone: string };
}

/** A draft as it lies on the phone, under its own key. */
export interface KeptDraft {
  key: string;
  draft: Draft;
  at: number;
}

/** Why a try did not end in a report; `status` 0 means that no answer came. */
export interface Trouble {
  status: number;
  code: string;
  message: string;
  field: string | null;
  allowed: string[];
  /** What to do instead, by language, where a notice stopped it. */
  notice?: Names | null;
  url?: string | null;
  phone?: string | null;
}

/** `sending` outside the sender's lock is a try that was cut off, so it counts as `waiting`. */
export type QueueState = 'waiting' | 'sending' | 'sent' | 'refused';

export interface QueuedReport {
  key: string;
  city: string;
  cityNames: Names;
  timezone: string;
  serviceNames: Names;
  place: string;
  body: Filing;
  /** Bodies that were sent without an answer: one of them may be what the city has under this key. */
  attempted: Filing[];
  /** For mending what was refused; gone once it is sent. */
  draft: Draft | null;
  queuedAt: string;
  state: QueueState;
  tries: number;
  /** Not before this instant (milliseconds), unless the person or a returning line asks for it. */
  tryAt: number;
  trouble: Trouble | null;
  filed: Filed | null;
  /** True when an earlier version had arrived without its answer reaching this phone. */
  earlier: boolean;
  /** True when this installation takes no photos and the report went without them. */
  withoutPhotos: boolean;
}

export interface KeptPhoto {
  key: string;
  /** Key of the report or draft it belongs to. */
  report: string;
  blob: Blob;
  /** The server's id once it is uploaded, so that a retry does not upload it again. */
  media: string | null;
  addedAt: number;
}

/** Unguessable; also where the page has no secure context and therefore no `crypto.randomUUID`. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, '0')).join('');
}

/** The same words at another minute are the same report. */
export const withoutTime = (body: Filing): string => JSON.stringify({ ...body, observed_at: '' });
