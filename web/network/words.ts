import {
  currentLanguage,
  formatMonth,
  formatNumber,
  hasMessage,
  translate,
  type Leaves,
  type Values,
} from '@shared/i18n/i18n.svelte';
import type { Definition, Figure } from '@shared/api/types';
import type { OverviewCity } from './shapes';
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

/** What a figure is called in the shown language, else as its definition calls it, in English. */
export function figureName(definition: Definition): { text: string; lang: string | undefined } {
  const key = `network.figure.${definition.id.replaceAll('.', '_')}`;
  return hasMessage(key) ? { text: translate(key), lang: undefined } : { text: definition.name, lang: 'en' };
}

/** A country's name by its two letters: not every browser knows every language, so members' are messages. */
export function countryName(letters: string): string {
  const key = `network.country.${letters}`;
  if (hasMessage(key)) return translate(key);
  try {
    return new Intl.DisplayNames([currentLanguage(), 'en'], { type: 'region' }).of(letters) ?? letters;
  } catch {
    return letters;
  }
}

/** A figure in one phrase: "estimate (95 % interval)", or that it is not shown. */
export function estimateText(figure: Figure | undefined, unit: Unit): string {
  if (!figure || figure.withheld === 'none') return w('network.nothing_of_it');
  if (figure.withheld) return w('network.none');
  const interval = intervalText(figure, unit);
  if (figure.value === null) return interval ? `${interval}` : w('network.none');
  return interval ? `${inUnit(figure.value, unit)} (${interval})` : inUnit(figure.value, unit);
}

/** What there is of a city: figures, figures of simulated requests, or none yet. */
export const standOf = (city: OverviewCity): 'figures' | 'simulated' | 'none' =>
  !city.snapshot || !city.coverage?.first_month ? 'none' : city.simulated ? 'simulated' : 'figures';

/** "Sep 2026 – Oct 2026" from "2026-09..2026-10". */
export const periodText = (period: string): string =>
  [...new Set(period.split('..'))].map(formatMonth).join(' – ');

/** The band of cities of alike size, as the API names it. */
const BANDS: Readonly<Record<string, 'small' | 'middle' | 'large'>> = {
  'below 0.3 m': 'small',
  '0.3 to 2 m': 'middle',
  'above 2 m': 'large',
};
export function peerBand(band: string): string {
  const known = BANDS[band];
  return known ? w(`network.band.${known}`) : band;
}
