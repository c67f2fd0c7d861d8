/** What of the queue is wanted, and how the API is asked for it. */
import type { Call } from '@shared/api/client';

export const VIEWS = [
  'open', 'mine', 'department', 'unassigned', 'overdue', 'due_today', 'escalated', 'waiting', 'referred',
] as const;
export type View = (typeof VIEWS)[number];

/** The second letter of the pair that leads to a view: `g` and then this. */
export const VIEW_KEYS: Record<View, string> = {
  open: 'o',
  mine: 'm',
  department: 'd',
  unassigned: 'u',
  overdue: 'l',
  due_today: 't',
  escalated: 'e',
  waiting: 'w',
  referred: 'r',
};

export const SORTS = ['due', 'received', 'updated', 'priority'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  view: View;
  sort: Sort;
  order: '' | 'asc' | 'desc';
  q: string;
  status: string;
  department: string;
  service: string;
  district: string;
  network_code: string;
  priority: string;
  channel: string;
  assignee: string;
  closing_reason: string;
  promise_late: boolean;
  unassigned: boolean;
  overdue: boolean;
  escalated: boolean;
  received_from: string;
  received_to: string;
  updated_since: string;
  near: string;
  metres: string;
  same_reporter: string;
  /** A polygon: lon,lat;lon,lat;... */
  area: string;
}

export const NO_FILTERS: Filters = {
  view: 'open',
  sort: 'due',
  order: '',
  q: '',
  status: '',
  department: '',
  service: '',
  district: '',
  network_code: '',
  priority: '',
  channel: '',
  assignee: '',
  closing_reason: '',
  promise_late: false,
  unassigned: false,
  overdue: false,
  escalated: false,
  received_from: '',
  received_to: '',
  updated_since: '',
  near: '',
  metres: '',
  same_reporter: '',
  area: '',
};

/** Those that narrow the view; `metres` only says how near. */
export const NARROWING = [
  'q', 'status', 'department', 'service', 'district', 'network_code', 'priority', 'channel', 'assignee',
  'closing_reason', 'promise_late', 'unassigned', 'overdue', 'escalated', 'received_from', 'received_to', 'updated_since', 'near', 'same_reporter', 'area',
] as const satisfies readonly (keyof Filters)[];

/** What also is a view, here beside any other view and filter. */
export const FLAGS = ['promise_late', 'unassigned', 'overdue', 'escalated'] as const;

/** The values of a filter that may have several; kept as the API takes them, with commas. */
export const valuesOf = (text: string): string[] => text.split(',').filter(Boolean);

export const STATUSES = [
  'received',
  'acknowledged',
  'assigned',
  'in_progress',
  'waiting_reporter',
  'on_hold',
  'referred',
  'resolved',
  'declined',
  'withdrawn',
  'duplicate',
] as const;

export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
/** How a report can come in, as the API names it. */
export const CHANNELS = [
  'web', 'open311', 'import', 'phone', 'counter', 'letter', 'email', 'chat', 'social', 'inspection',
] as const;

/** How far around a request "near" reaches where nobody says, in the API as here. */
export const USUAL_METRES = 250;

/** How far the zone is ahead of UTC at a moment, in milliseconds. */
function ahead(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    hourCycle: 'h23', timeZone,
  }).formatToParts(at);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const shown = Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'));
  return shown - Math.floor(at.getTime() / 1000) * 1000;
}

/** Midnight at the start of a day (`2026-11-21`) in the city's own zone, `days` later. */
export function startOfDay(day: string, timeZone: string, days = 0): string {
  const midnight = new Date(`${day}T00:00:00Z`).getTime() + days * 86_400_000;
  return new Date(midnight - ahead(new Date(midnight), timeZone)).toISOString();
}

/** The filters as the API takes them; days are meant in the city's own zone. */
export function queryOf(filters: Filters, timeZone: string): NonNullable<Call['query']> {
  const { view, received_from, received_to, updated_since, promise_late, unassigned, overdue, escalated, ...rest } = filters;
  const query: NonNullable<Call['query']> = { ...rest, q: rest.q.trim() };
  if (view !== 'open') query.view = view;
  if (!rest.near) query.metres = '';
  for (const [name, wanted] of Object.entries({ promise_late, unassigned, overdue, escalated })) {
    if (wanted) query[name] = true;
  }
  if (received_from) query.received_from = startOfDay(received_from, timeZone);
  if (received_to) query.received_to = startOfDay(received_to, timeZone, 1);
  if (updated_since) query.updated_since = startOfDay(updated_since, timeZone);
  return query;
}

/** The same, as the body of a job or a saved filter: without what is empty. */
export function filterBody(filters: Filters, timeZone: string): Record<string, unknown> {
  const { sort: _sort, order: _order, ...query } = queryOf(filters, timeZone);
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '' && value != null));
}

/** The day (`2026-11-21`) a moment falls on in the zone. */
function dayOf(moment: string, timeZone: string, before = 0): string {
  const at = new Date(new Date(moment).getTime() - before);
  return new Date(at.getTime() + ahead(at, timeZone)).toISOString().slice(0, 10);
}

/** A saved filter as the fields of the console; what it does not know stays out. */
export function fromBody(body: Record<string, unknown>, timeZone: string): Partial<Filters> {
  const known = Object.entries(body).filter(([key, value]) => key in NO_FILTERS && value !== null);
  const filters: Record<string, unknown> = Object.fromEntries(
    known.map(([key, value]) => [key, typeof value === 'number' ? String(value) : value]),
  );
  if (typeof filters.received_from === 'string') filters.received_from = dayOf(filters.received_from, timeZone);
  if (typeof filters.received_to === 'string') filters.received_to = dayOf(filters.received_to, timeZone, 1000);
  if (typeof filters.updated_since === 'string') filters.updated_since = dayOf(filters.updated_since, timeZone);
  return filters as Partial<Filters>;
}
