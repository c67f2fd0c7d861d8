import { formatNumber, label, translate, type Leaves, type Values } from '@shared/i18n/i18n.svelte';
import { whyWithheld } from '../withheld';
import { periodText } from '../words';
import type messages from './messages/en.json';
import type { Figure, Review } from './shapes';

/** A message of the review's pages. */
export const w = (key: Leaves<typeof messages>, values?: Values): string => translate(key, values);

/** Offices in words: "chair, shepherd". */
export const offices = (codes: readonly string[]): string => codes.map((one) => label('review.office', one)).join(', ');

/** A moment as officials of many zones read it: "2026-12-14, 23:59 UTC". */
export function when(iso: string): string {
  const text = new Date(iso).toISOString();
  return `${text.slice(0, 10)}, ${text.slice(11, 16)} UTC`;
}

/** The day of a moment in UTC. */
export const day = (iso: string): string => new Date(iso).toISOString().slice(0, 10);

export const reportName = (review: Review): string =>
  `${w('review.one.report', { period: periodText(review.period) })}, ${w('review.list.edition', { edition: review.edition })}`;

const TWO_DAYS = 48;

function inUnit(value: number, unit: string, beside: number): string {
  if (unit === 'share') return formatNumber(value, { style: 'percent', maximumFractionDigits: 1 });
  if (unit === 'hours' && beside >= TWO_DAYS)
    return w('review.figures.days', { n: formatNumber(value / 24, { maximumFractionDigits: 1 }) });
  if (unit === 'hours') return w('review.figures.hours', { n: formatNumber(value, { maximumFractionDigits: 1 }) });
  return formatNumber(value, { maximumFractionDigits: unit === 'ratio' ? 2 : 0 });
}

/** A figure with what it rests on, in one line: "62 %, 58 % to 66 %, n = 412". */
export function figureText(figure: Figure, unit: string): string {
  if (figure.withheld === 'none') return whyWithheld(figure).text;
  if (figure.withheld) return w('review.figures.withheld', { why: whyWithheld(figure).text });
  const { value, low, high, n } = figure;
  const beside = value ?? low ?? 0;
  const parts = [value === null ? w('review.figures.not_reached') : inUnit(value, unit, beside)];
  if (low !== null && high !== null)
    parts.push(w('review.figures.interval', { low: inUnit(low, unit, beside), high: inUnit(high, unit, beside) }));
  parts.push(w('review.figures.n', { n: n ?? w('review.figures.few') }));
  return parts.join('; ');
}
