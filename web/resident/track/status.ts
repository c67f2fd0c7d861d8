/** A request as its page is shown it: the public part, and what only the holder of the private link gets. */
import type { Named, Names, PromiseTimes } from '@shared/api/types';

export interface TimelineEntry {
  kind: string;
  at: string;
  note: string | null;
  reason: string | null;
  reason_names: Names | null;
}

export interface Span {
  unit: 'calendar_hours' | 'working_hours' | 'calendar_days' | 'working_days';
  count: number;
}

export const STAGES = ['acknowledge', 'respond', 'resolve'] as const;
export type Stage = (typeof STAGES)[number];

export interface ShownPhoto {
  id: string;
  url: string;
  thumbnail_url: string;
  width: number;
  height: number;
  kind: 'before' | 'after' | 'feedback';
}

/** How the request's city writes times; null follows the custom of the reader's language. */
export interface CityShown {
  names: Names;
  timezone: string;
  calendar: string | null;
  numerals: Record<string, string>;
}

export interface Said {
  kind: 'addition' | 'answer' | 'withdrawal' | 'feedback';
  at: string;
  text: string;
  fixed: boolean | null;
  rating: number | null;
  reopened: boolean;
}

export type Can = 'additions' | 'answer' | 'feedback' | 'withdraw' | 'link' | 'erase_contact' | 'erase_everything';

export interface TrackedStatus {
  reference: string;
  city: string;
  city_shown: CityShown;
  status: string;
  open: boolean;
  service: Named;
  district: Named | null;
  department: Named;
  description: string | null;
  address: string | null;
  received_at: string;
  closed_at: string | null;
  closing_reason_names: Names | null;
  note: string | null;
  duplicate_of: string | null;
  promise: PromiseTimes;
  promised_within: Record<Stage, Span | null> | null;
  acknowledged_at: string | null;
  responded_at: string | null;
  photos: ShownPhoto[];
  timeline: TimelineEntry[];
  others: number;
  erased: boolean;
  own: boolean;
  can: Can[];
  question: { text: string; at: string } | null;
  said: Said[];
  feedback: Said | null;
  reopens_until: string | null;
}

/** A request as it was last seen on this phone; `key` says under which link. */
export interface Kept {
  key: string;
  status: TrackedStatus;
  at: number;
}

/** What an action answers with. */
export interface Done {
  outcome: string;
  message: string;
  request: TrackedStatus;
}
