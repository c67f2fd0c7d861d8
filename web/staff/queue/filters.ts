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
  sent_on: string;
  promise_late: boolean;
  unassigned: boolean;
  overdue: boolean;
  escalated: boolean;
  confidential: boolean;
  language: string;
  escalation_step: string;
  received_from: string;
  received_to: string;
  updated_since: string;
  due_from: string;
  due_before: string;
  acknowledge_from: string;
  acknowledge_to: string;
  respond_from: string;
  respond_to: string;
  resolve_from: string;
  resolve_to: string;
  closed_from: string;
  closed_to: string;
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
  sent_on: '',
  promise_late: false,
  unassigned: false,
  overdue: false,
  escalated: false,
  confidential: false,
  language: '',
  escalation_step: '',
  received_from: '',
  received_to: '',
  updated_since: '',
  due_from: '',
  due_before: '',
  acknowledge_from: '',
  acknowledge_to: '',
  respond_from: '',
  respond_to: '',
  resolve_from: '',
  resolve_to: '',
  closed_from: '',
  closed_to: '',
  near: '',
  metres: '',
  same_reporter: '',
  area: '',
};

/** Days, by the part of the request they are about; each from its beginning, or until its end. */
export const DAYS = [
  'received_from', 'received_to', 'updated_since', 'due_from', 'due_before', 'acknowledge_from', 'acknowledge_to',
  'respond_from', 'respond_to', 'resolve_from', 'resolve_to', 'closed_from', 'closed_to',
] as const;
export type Day = (typeof DAYS)[number];
export const untilItsEnd = (day: Day): boolean => day.endsWith('_to') || day === 'due_before';

/** What also is a view, here beside any other view and filter; and what the reporter asked to be kept from the public. */
export const FLAGS = ['unassigned', 'overdue', 'escalated', 'promise_late', 'confidential'] as const;

/** Those that narrow the view; `metres` only says how near. */
export const NARROWING = [
  'q', 'status', 'department', 'service', 'district', 'network_code', 'priority', 'channel', 'language',
  'escalation_step', 'assignee', 'closing_reason', 'sent_on', ...FLAGS, ...DAYS, 'near', 'same_reporter', 'area',
] as const satisfies readonly (keyof Filters)[];

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

/** How a request can stand at another body's system. */
export const SENT_ON = ['failed', 'waiting', 'attention', 'sent'] as const;

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
  const query: NonNullable<Call['query']> = { ...filters, q: filters.q.trim() };
  if (filters.view === 'open') query.view = '';
  if (!filters.near) query.metres = '';
  for (const flag of FLAGS) query[flag] = filters[flag] ? true : '';
  for (const day of DAYS) query[day] = filters[day] ? startOfDay(filters[day], timeZone, untilItsEnd(day) ? 1 : 0) : '';
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
  for (const day of DAYS) {
    const moment = filters[day];
    if (typeof moment === 'string' && moment) filters[day] = dayOf(moment, timeZone, untilItsEnd(day) ? 1000 : 0);
  }
  return filters as Partial<Filters>;
}
