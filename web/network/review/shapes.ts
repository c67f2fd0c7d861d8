/** What the API tells of reviews, offices and the federation, as far as these pages read it. Times are ISO 8601, UTC. */
import type { Names, Withheld } from '@shared/api/types';

export interface Review {
  id: string;
  report_id: string;
  period: string;
  edition: number;
  /** The review whose report this edition corrects. */
  corrects: string | null;
  changes: string | null;
  status: Status;
  comments_until: string | null;
  embargo_until: string | null;
  updated_at: string;
  /** What could be done now in one's offices, whatever else may be in the way. */
  moves: string[];
}

export const STATUSES = [
  'draft',
  'institution_review',
  'committee_endorsed',
  'submitted',
  'approved',
  'returned',
  'published',
] as const;
export type Status = (typeof STATUSES)[number];

export interface Refusal {
  code: string;
  message: string;
  field: string | null;
  allowed: string[] | null;
}

export interface NextMove {
  move: string;
  begins: Status[];
  leads_to: Status;
  offices: string[];
  needs: string[];
  may_have: string[];
  /** Null: it may be made. */
  refusal: Refusal | null;
}

export interface Step {
  number: number;
  at: string;
  actor: string;
  office: string;
  move: string;
  to_status: string;
  remarks: string | null;
  details: Record<string, string>;
}

export interface Comment {
  id: string;
  report_id: string;
  city: string | null;
  figure: string;
  speaks_for: string;
  author: string;
  text: string;
  answers: string | null;
  at: string;
}

export interface Figure extends Withheld {
  value: number | null;
  low: number | null;
  high: number | null;
  n: number | null;
}

/** What a city is asked about its figures; not a verdict. */
export interface Asked {
  id: string;
  /** Of the cases it is about. */
  share: number;
  words: string;
}

export interface CityPart {
  id: string;
  name: string;
  figures: Record<string, Figure>;
  asked?: Asked[];
  /** What a reader must know of its data; some of it is asked of the city. */
  notes?: { id: string; share: number | null }[];
  /** The questions are the city's own until its time to answer is over. */
  asked_held?: boolean;
}

export interface Detail extends Review {
  next: NextMove[];
  /** Whether the whole report is mine to see. */
  whole: boolean;
  comments_open: boolean;
  /** Whether I answer comments, for the network, rather than make them. */
  answers_for_network: boolean;
  /** Days that institutions have for comments at least. */
  city_first_days: number;
  unanswered: number;
  steps: Step[];
  comments: Comment[];
  forms: { name: string; media_type: string; url: string; city?: string; language?: string }[];
  content: { cities: CityPart[]; definitions: { id: string; name: string; unit: string }[] };
}

export interface Notice {
  review: string;
  occasion: string;
  kind: string;
  subject: string;
  body: string;
  language: string;
  at: string;
  read_at: string | null;
}

export interface Appointment {
  id: string;
  username: string;
  office: string;
  country: string;
  valid_from: string;
  valid_to: string;
  appointed_by: string;
  ended_by: string | null;
  ended_at: string | null;
}

export interface Member {
  city: string;
  country: string;
  names: Names;
  way: 'hosted' | 'federated' | 'unused';
  keys: number;
  figures_as_of: string | null;
  bundle: { made_at: string; received_at: string; count: number; whole: boolean } | null;
  refusal: { at: string; code: string; message: string; count: number } | null;
  root: { day: string; requests: number; hash: string; late: number } | null;
}

export interface Key {
  id: string;
  city: string;
  address: string | null;
  registered_by: string;
  registered_at: string;
  retired_by: string | null;
}

export interface Refused {
  city: string;
  digest: string;
  key: string;
  at: string;
  code: string;
  message: string;
}
