/** What is due next on a request, in words that do not call a missed reference time a breach. */
import type { QueueRow } from '@shared/api/types';
import { formatRelative } from '@shared/i18n/i18n.svelte';
import { w } from '../words';

export interface Due {
  text: string;
  /** `passed` is urgent; `watched` is a passed time that nobody promised. */
  tone: 'soon' | 'passed' | 'watched' | 'later' | 'rest';
  at: string | null;
}

const CLOSED = ['resolved', 'declined', 'withdrawn', 'duplicate'];
const PAUSED = ['waiting_reporter', 'on_hold', 'referred'];
const SOON_MS = 4 * 3_600_000;

export function dueOf(row: QueueRow, now: number): Due {
  if (CLOSED.includes(row.status)) return { text: w('staff.due.closed'), tone: 'rest', at: null };
  if (PAUSED.includes(row.status)) return { text: w('staff.due.paused'), tone: 'rest', at: null };
  const at = row.next_due_at;
  if (!at) return { text: w('staff.due.none'), tone: 'rest', at: null };
  const stage = (['acknowledge', 'respond', 'resolve'] as const).find((one) => row.promise[`${one}_by`] === at);
  const values = { stage: w(`staff.due.${stage ?? 'resolve'}`), when: formatRelative(at, now) };
  const left = new Date(at).getTime() - now;
  const watched = (row.promise.standard ?? 'reference') === 'reference';
  if (left < 0 && watched) return { text: w('staff.due.reference_passed', values), tone: 'watched', at };
  if (left < 0) return { text: w('staff.due.passed', values), tone: 'passed', at };
  const text = watched ? w('staff.due.reference', values) : w('staff.due.next', values);
  return { text, tone: left < SOON_MS ? 'soon' : 'later', at };
}
