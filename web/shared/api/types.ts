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

export interface StopNotice {
  notice: Names;
  shown_when: ShownWhen;
  /** True: the report is not taken; false: words to read first. */
  stops: boolean;
  phone: string | null;
}

export interface ContactLine {
  kind: 'emergency' | 'municipal';
  names: Names;
  phone: string;
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
  /** Shown to nobody but staff and the private link. */
  confidential?: boolean;
  /** Reference of an open report of the same problem: me too. */
  same_as?: string;
}

/** A report as far as it is known: what is asked before it is sent. */
export type Unfinished = Partial<Omit<Filing, 'contact'>> & { service_code: string };

export interface Coming {
  round: Named;
  from: string;
  to: string;
}

export interface NearbyReport {
  reference: string;
  service: Named;
  status: string;
  open: boolean;
  metres: number;
  received_at: string;
  /** A picture of it looks like one of the person's own. */
  alike: boolean;
  /** How many have joined it. */
  others: number;
  thumbnail_url: string | null;
  position: { lat: number; lon: number } | null;
}

/** What would become of a report, and what is known of the same problem already. */
export interface Checked {
  taken: boolean;
  refusal: {
    kind: 'stop' | 'redirect' | 'outside' | 'not_offered';
    notice: Names;
    url: string | null;
    phone: string | null;
    nearest_city?: { id: string; names: Names } | null;
  } | null;
  notices: { notice: Names; phone: string | null }[];
  questions: string[];
  place: Place | null;
  department: Named | null;
  promise: PromiseTimes | null;
  collection: {
    state: 'was_due' | 'running' | 'not_due' | 'unknown';
    last: Coming | null;
    running: Coming | null;
    next: Coming | null;
  } | null;
  nearby: NearbyReport[];
}

/** Somewhere the city knows by name; streets have no position. */
export interface PlaceFound {
  kind: 'district' | 'area' | 'street' | 'landmark';
  code: string;
  names: Names;
  position: { lat: number; lon: number } | null;
  district: Named | null;
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
  /** The report it joined; null where none was named or that one had ended meanwhile. */
  joined?: string | null;
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
export interface Figure {
  /** Null where withheld, or where a median was not reached. */
  value: number | null;
  low: number | null;
  high: number | null;
  /** Null where it could be worked out whom it counts. */
  n: number | null;
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
