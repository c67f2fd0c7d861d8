/** What of the queue is wanted, and how the API is asked for it. */
import type { Call } from '@shared/api/client';

export const VIEWS = ['open', 'overdue', 'due_today', 'unassigned', 'escalated'] as const;
export type View = (typeof VIEWS)[number];

export interface Filters {
  view: View;
  status: string;
  department: string;
  service: string;
  district: string;
  q: string;
}

export const NO_FILTERS: Filters = { view: 'open', status: '', department: '', service: '', district: '', q: '' };

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

/** The first moment of the city's next day. Offsets do not change at midnight in any zone of the network. */
export function endOfDay(now: Date, timeZone: string): Date {
  const parts = new Intl.DateTimeFormat('en-GB', {
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
    timeZone,
  }).formatToParts(now);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const passed = (read('hour') * 60 + read('minute')) * 60 + read('second');
  return new Date(Math.floor(now.getTime() / 1000) * 1000 + (86_400 - passed) * 1000);
}

export function queryOf(filters: Filters, now: Date, timeZone: string): NonNullable<Call['query']> {
  const { view, ...rest } = filters;
  const query: NonNullable<Call['query']> = { ...rest, q: rest.q.trim() };
  if (view === 'overdue' || view === 'unassigned' || view === 'escalated') query[view] = true;
  if (view === 'due_today') query.due_before = endOfDay(now, timeZone).toISOString();
  return query;
}
