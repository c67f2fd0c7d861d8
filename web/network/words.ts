import { formatNumber, translate, type Leaves, type Values } from '@shared/i18n/i18n.svelte';
import type { Definition, Figure } from '@shared/api/types';
import type messages from './messages/en.json';

/** A message of the network page. */
export const w = (key: Leaves<typeof messages>, values?: Values): string => translate(key, values);

const DAY = 24;
const TWO_DAYS = 2 * DAY;

/** Hours as people say them: "14 h", from two days on "3.4 d". */
export function duration(hours: number): string {
  if (hours < TWO_DAYS) return w('network.hours', { n: formatNumber(hours, { maximumFractionDigits: 1 }) });
  return w('network.days', { n: formatNumber(hours / DAY, { maximumFractionDigits: 1 }) });
}

export function percent(share: number): string {
  return formatNumber(share, { style: 'percent', maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 });
}

/** A value in the unit of its definition. */
export function inUnit(value: number, unit: Definition['unit']): string {
  if (unit === 'hours') return duration(value);
  if (unit === 'share') return percent(value);
  return formatNumber(value, { maximumFractionDigits: unit === 'ratio' ? 2 : 0 });
}

/** The 95 % interval in words; null for a full count, which has none. */
export function intervalText(figure: Figure, unit: Definition['unit']): string | null {
  if (figure.low === null) return null;
  if (figure.high === null) return w('network.beyond', { low: inUnit(figure.low, unit) });
  return w('network.interval', { low: inUnit(figure.low, unit), high: inUnit(figure.high, unit) });
}
