/** The shapes the API answers with, as far as the pages read them. Times are ISO 8601 in UTC. */

/** Names by BCP-47 language tag. */
export type Names = Record<string, string>;

export interface Named {
  code: string;
  names: Names;
}

export interface About {
  demo: boolean;
  version?: string;
}

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
}

export type Datatype = 'string' | 'number' | 'datetime' | 'text' | 'singlevaluelist' | 'multivaluelist';

export interface Question {
  code: string;
  datatype: Datatype;
  names: Names;
  required: boolean;
  choices: { key: string; names: Names }[];
  hint?: Names | null;
}

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
}

export interface Services {
  services: Service[];
  groups?: Record<string, Names>;
}

export interface Place {
  inside: boolean;
  district: Named | null;
  nearest_city?: { id: string; names: Names; kilometres?: number } | null;
}

export interface DistrictCollection {
  type: 'FeatureCollection';
  features: { type: 'Feature'; properties: Named; geometry: GeoJSON.Geometry }[];
}

/** `reference` is the network's monitoring time: a miss of it is never called a breach. */
export type Standard = 'published' | 'internal' | 'reference';

export interface PromiseTimes {
  acknowledge_by: string | null;
  respond_by: string | null;
  resolve_by: string | null;
  standard?: Standard;
}

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
}

export interface Filed {
  reference: string;
  token: string;
  status: string;
  status_url: string;
  department: Named;
  assignee?: string | Named | null;
  route: { rule: string; reason: string };
  promise: PromiseTimes;
}

export interface TimelineEntry {
  kind: string;
  at: string;
  note?: string | null;
  /** Code of the closing reason; of a filing, why it was routed where it is. */
  reason?: string | null;
}

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

export interface QueueRow {
  reference: string;
  status: string;
  service: Named;
  district: Named | null;
  department: Named | null;
  /** A contractor's code, or a crew or person in words. */
  assignee: string | null;
  assignee_names?: Names | null;
  network_code: string;
  priority: string;
  received_at: string;
  /** The nearest time not yet met; null while paused or closed. */
  next_due_at: string | null;
  promise: PromiseTimes;
  escalation_level: number;
  late: boolean;
  lat: number | null;
  lon: number | null;
  address: string | null;
  description: string | null;
  version: number;
}

export interface QueueCounts {
  open: number;
  overdue: number;
  due_today: number;
  unassigned: number;
  escalated: number;
}

export interface QueuePage {
  requests: QueueRow[];
  next_cursor: string | null;
  /** Only where asked for. */
  counts?: QueueCounts;
}

export interface StaffEvent {
  kind: string;
  at: string;
  actor: string | null;
  actor_kind: string;
  note: string | null;
  data: Record<string, unknown>;
}

/** What may come with a move; `needs` are those of `fields` that must. */
export type MoveField = 'note' | 'assignee' | 'department' | 'reason' | 'service_code' | 'parent' | 'priority';

export interface Move {
  move: string;
  allowed: boolean;
  why_not: string | null;
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
export interface Figure {
  /** Null where withheld, or where a median was not reached. */
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
  events: number | null;
  withheld: string | null;
  provisional: boolean;
  note: string | null;
}

/** The share still open so many hours after receipt, and how many are followed there. */
export interface CurvePoint {
  hours: number;
  open: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

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
