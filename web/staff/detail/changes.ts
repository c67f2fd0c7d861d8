/** What changed of a request, in words. */
import type { Names } from '@shared/api/types';
import { hasMessage, label, nameOf, translate } from '@shared/i18n/i18n.svelte';
import { w } from '../words';

export interface NamedLists {
  services: readonly { code: string; names: Names }[];
  departments: readonly { code: string; names: Names }[];
}

export function shown(lists: NamedLists, field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return w('staff.conflict.empty');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (field === 'status') return label('status', text);
  if (field === 'priority') return label('staff.priority', text);
  if (field === 'reason' || field === 'closing_reason') return label('reason', text);
  if (field === 'jobs') {
    const [number, state] = text.split(' ');
    return `${number ?? ''} · ${label('staff.job_link', `job_${state ?? 'open'}`)}`;
  }
  if (field === 'job_link') return label('staff.job_link', text);
  const coded = field.startsWith('service') ? lists.services : field.startsWith('department') ? lists.departments : [];
  const found = coded.find((one) => one.code === text);
  return found ? nameOf(found.names) : text;
}

export function nameOfField(field: string): string {
  if (field === 'jobs') return w('staff.job_link.title');
  if (field === 'job_link') return w('staff.job_link.link');
  return hasMessage(`staff.field.${field}`) ? translate(`staff.field.${field}`) : label('staff.detail', field);
}
