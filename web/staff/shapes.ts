/** What the API tells staff, as far as the console reads it. Times are ISO 8601 in UTC. */
import type { Schema } from '@shared/api/schema';
import type { Names, StaffAccount, StaffRequest } from '@shared/api/types';

export interface Account extends StaffAccount {
  departments: string[];
  display_name: string;
  permissions: string[];
  /** What has to be set up before anything but the own account opens. */
  lacks: 'password' | 'second_factor' | null;
}

export interface Photo {
  id: string;
  url: string;
  thumbnail_url: string;
  width: number;
  height: number;
  kind: 'before' | 'after' | 'feedback';
  public: boolean;
  released: boolean;
  waits_for_hiding: boolean;
  redacted: boolean;
  boxes: [x: number, y: number, width: number, height: number][];
}

export type Row = Schema<'QueueRow'>;

/** A rung of the ladder of a promise that is not kept yet. */
export type Rung = Schema<'Rung'>;

/** How silence climbs for a request. */
export type Escalation = Schema<'Escalation'>;

export interface Detail extends StaffRequest {
  escalation: Escalation;
  updated_at: string;
  closed_at: string | null;
  channel: string;
  language: string | null;
  observed_at: string | null;
  confidential: boolean;
  contact_known: boolean;
  photos: Photo[];
  said: Said[];
  public: boolean | null;
  waits_for_release: boolean;
  /** Reports that follow this one, the earliest first. */
  duplicates?: { reference: string; status: string; channel: string; received_at: string; linked_at: string | null }[];
  more_duplicates?: boolean;
  /** The city has external owners, so that the request may stand at another system. */
  sent_on?: boolean;
}

/** How a request stands at another body's system. */
export interface ExternalLink {
  owner: string;
  names: Names;
  state: 'waiting' | 'token' | 'sent' | 'failed' | 'ended';
  their_id: string | null;
  sent_at: string | null;
  attempts: number;
  problem: string | null;
  problem_detail: string | null;
  next_attempt_at: string | null;
  resting_until: string | null;
  perhaps_there: boolean;
  their_status: string | null;
  their_words: string | null;
  their_updated_at: string | null;
  attention: string | null;
  not_told: string | null;
  not_told_detail: string | null;
}

/** What the reporter said after filing. */
export interface Said {
  kind: 'addition' | 'answer' | 'withdrawal' | 'feedback';
  /** The joined report that it was added to, where it is to be read; null: this one. */
  reference: string | null;
  at: string;
  text: string;
  fixed: boolean | null;
  rating: number | null;
  reopened: boolean;
}

export interface ContactShown {
  name?: string | null;
  email?: string | null;
  phone?: string | null;
}

export type SavedFilter = Schema<'SavedFilter'>;

/** A job over many requests: moves, or an export. */
export interface Job {
  id: string;
  state: string;
  total: number | null;
  done: number;
  results?: { reference: string; ok: boolean; code: string | null; message: string | null }[];
  /** A bulk move: it can be undone, as far as the lifecycle allows. */
  undo?: boolean;
  undo_of?: string | null;
}

export interface PositionRow {
  reference: string;
  lat: number;
  lon: number;
  status: string;
  late: boolean;
}

/** Where there are too many to show each. */
export interface Cell {
  lat: number;
  lon: number;
  count: number;
  late_count: number;
}

export interface NamedCode {
  code: string;
  names: Names;
}
