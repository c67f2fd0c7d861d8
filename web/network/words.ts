import { formatNumber, translate, type Leaves, type Values } from '@shared/i18n/i18n.svelte';
import type { Definition, Figure } from '@shared/api/types';
import type messages from './messages/en.json';

/** A message of the network page. */
export const w = (key: Leaves<typeof messages>, values?: Values): string => translate(key, values);

const DAY = 24;
const TWO_DAYS = 2 * DAY;
type Unit = Definition['unit'];

const brief = (value: number, digits = 1): string => formatNumber(value, { maximumFractionDigits: digits });

/** A share as per cent, with a decimal where it is small. */
function percent(share: number): string {
  return formatNumber(share, { style: 'percent', maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 });
}

/**
 * A value in the unit of its definition; hours become days from two days on. `beside` decides that where several
 * values stand together, so that one row or axis never mixes hours and days.
 */
export function inUnit(value: number, unit: Unit, beside = value): string {
  if (unit === 'share') return percent(value);
  if (unit === 'hours' && beside >= TWO_DAYS) return w('network.days', { n: brief(value / DAY) });
  if (unit === 'hours') return w('network.hours', { n: brief(value) });
  return brief(value, unit === 'ratio' ? 2 : 0);
}

/** The 95 % interval in words, in the unit of the value; null for a full count, which has none. */
export function intervalText(figure: Figure, unit: Unit): string | null {
  const { low, high } = figure;
  if (low === null) return null;
  const beside = figure.value ?? low;
  if (high === null) return w('network.beyond', { low: inUnit(low, unit, beside) });
  return w('network.interval', { low: inUnit(low, unit, beside), high: inUnit(high, unit, beside) });
}

/** Whole days in words: "3 days". */
export const daysInWords = (hours: number): string => w('network.long_days', { count: hours / DAY });

/** Hours or days, whichever is shorter to read. */
export const duration = (hours: number): string => inUnit(hours, 'hours');
