/**
 * The shapes the API answers with. Times are ISO 8601 in UTC. Those that are written here read less than the API says, or know
 * it more narrowly; `held.ts` holds them to it.
 */
import type { Schema } from './schema';

/** Names by BCP-47 language tag. */
export type Names = Record<string, string>;

export type Named = Schema<'Named'>;

export type About = Schema<'About'>;

export interface City {
  id: string;
  country: string;
  names: Names;
  languages: string[];
  timezone: string;
  centre: { lat: number; lon: number };
  zoom?: number;
  tile_url?: string | null;
  attribution?: string | null;
  simulated?: boolean;
  population?: number | null;
  /** Unicode's names of digits, by language. */
  numerals?: Record<string, string>;
  /** Its colour, on which white text is readable, and its crest. */
  look?: { colour: string; crest_url: string | null } | null;
  privacy?: { notice: Names; law: string | null; url: string | null; contact: string | null } | null;
}

export type Datatype = 'string' | 'number' | 'datetime' | 'text' | 'singlevaluelist' | 'multivaluelist';

export interface Question {
  code: string;
  datatype: Datatype;
  names: Names;
  required: boolean;
  choices: { key: string; names: Names }[];
  hint?: Names | null;
  /** Asked only after one of these answers to each of these questions. */
  shown_when?: ShownWhen;
}

export type ShownWhen = Record<string, string[]>;

export type StopNotice = Schema<'StopNotice'>;

export type ContactLine = Schema<'ContactLine'>;

export interface Service {
  code: string;
  network_code: string;
  names: Names;
  description?: Names | null;
  group: string;
  icon?: string;
  keywords?: string[];
  questions: Question[];
  emergency_notice?: Names | null;
  /** Where residents go instead: reports of this service are not taken here. */
  redirect?: { notice: Names; url: string | null; phone: string | null } | null;
  stop_notices?: StopNotice[];
  /** Kind of waste of which it reports a missed collection: the rounds say whether one was due. */
  asks_round?: string | null;
  /** How far around open reports are looked for; 0: not at all. */
  nearby_metres?: number;
}

export interface Services {
  services: Service[];
  groups?: Record<string, Names>;
  contact_lines?: ContactLine[];
}

export type Place = Schema<'Place'>;

export interface DistrictCollection {
  type: 'FeatureCollection';
  features: { type: 'Feature'; properties: Named; geometry: GeoJSON.Geometry }[];
}

/** `reference` is the network's monitoring time: a miss of it is never called a breach. */
export type Standard = 'published' | 'internal' | 'reference';

export type PromiseTimes = Schema<'Promise'>;

export interface Filing {
  service_code: string;
  lat?: number;
  lon?: number;
  address?: string;
  district?: string;
  description: string;
  answers: Record<string, string | number | string[]>;
  contact?: { name?: string; email?: string; phone?: string };
  /** By the phone's clock, kept beside the server's. */
  observed_at: string;
  language: string;
  /** Ids of uploaded photos. */
  media?: string[];
  /** Shown to nobody but staff and the private link. */
  confidential?: boolean;
  /** Reference of an open report of the same problem: me too. */
  same_as?: string;
}

/** A report as far as it is known: what is asked before it is sent. */
export type Unfinished = Partial<Omit<Filing, 'contact'>> & { service_code: string };

export type Coming = Schema<'Coming'>;

export type NearbyReport = Schema<'NearbyReport'>;

/** What would become of a report, and what is known of the same problem already. */
export type Checked = Schema<'Checked'>;

/** Somewhere the city knows by name; streets have no position. */
export type PlaceFound = Schema<'PlaceFound'>;

export type Filed = Schema<'Filed'>;

export type TimelineEntry = Schema<'PublicEvent'>;

export interface PublicRequest {
  reference: string;
  city: string;
  service: Named;
  status: string;
  received_at: string;
  district: Named | null;
  department: Named | null;
  promise: PromiseTimes;
  timeline: TimelineEntry[];
  /** Only with the token of the private link. */
  description?: string | null;
  address?: string | null;
  duplicate_of?: string | null;
}

export interface StaffAccount {
  /** With the city: name@city. */
  username: string;
  role: string;
  city: string;
}

export type QueueRow = Schema<'QueueRow'>;

export type QueueCounts = Schema<'QueueCounts'>;

export interface QueuePage {
  requests: QueueRow[];
  next_cursor: string | null;
  /** Only where asked for. */
  counts?: QueueCounts;
}

export type StaffEvent = Schema<'StaffEvent'>;

/** What may come with a move; `needs` are those of `fields` that must. */
export type MoveField = 'note' | 'assignee' | 'department' | 'reason' | 'service_code' | 'parent' | 'priority';

export interface Move {
  move: string;
  allowed: boolean;
  why_not: string | null;
  /** What `why_not` is about, and the statuses the move starts from: enough to say it in any language. */
  hindered_by: 'status' | 'role' | 'department' | null;
  starts: string[];
  why?: string;
  fields: MoveField[];
  needs: MoveField[];
  reasons: string[];
}

export interface StaffRequest extends QueueRow {
  contact: { name?: string | null; email?: string | null; phone?: string | null } | null;
  answers: Record<string, unknown>;
  route: { rule: string; reason: string };
  closing_reason: string | null;
  duplicate_of: string | null;
  timeline: StaffEvent[];
  moves: Move[];
}

export interface Department extends Named {
  kind: string;
}

/** A figure with its 95 % limits, of how many, or why it is withheld. */
/** Whether something is not shown, and why: in English words, by the reason's code, and the numbers in it. */
export interface Withheld {
  withheld: string | null;
  /** Absent where nothing is withheld. */
  withheld_code?: string | null;
  /** Shares from 0 to 1, times in hours, all else counts. */
  withheld_values?: Readonly<Record<string, number>> | null;
}

export interface Figure extends Withheld {
  /** Null where withheld, or where a median was not reached. */
  value: number | null;
  low: number | null;
  high: number | null;
  /** Null where it could be worked out whom it counts. */
  n: number | null;
  events: number | null;
  provisional: boolean;
  note: string | null;
}

/** The share still open so many hours after receipt, and how many are followed there. */
export type CurvePoint = Schema<'CurvePoint'>;

export interface CityFigures {
  city: string;
  names: Names;
  simulated: boolean;
  snapshot: { id: string; cut_off: string; method_version: string; events_seen: number };
  /** By the ids of their definitions. */
  figures: Record<string, Figure>;
  survival: CurvePoint[];
}

export interface Indicators {
  period: string;
  code: string;
  method_version: string;
  simulated: string[];
  cities: CityFigures[];
  without_figures: string[];
}

export interface Definition {
  id: string;
  name: string;
  unit: 'hours' | 'share' | 'count' | 'ratio';
  estimand: string;
  denominator: string;
  interval: string;
  source: string;
  minimum_n: number;
  comparability: string;
}

export interface Report {
  id: string;
  period: string;
  created_at: string;
  url: string;
}
