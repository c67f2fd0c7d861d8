/** Why a figure is not shown, in the reader's language. */
import { formatNumber, hasMessage, translate, type Values } from '@shared/i18n/i18n.svelte';
import type { Withheld } from '@shared/api/types';
import { daysInWords, duration } from './words';

const DAY_HOURS = 24;
const SHARES: ReadonlySet<string> = new Set(['share', 'covered', 'least_share']);

function inWords(name: string, value: number): string {
  if (SHARES.has(name)) return formatNumber(value, { style: 'percent', maximumFractionDigits: 0 });
  if (name === 'hours') return value % DAY_HOURS === 0 ? daysInWords(value) : duration(value);
  return formatNumber(value);
}

/** By the reason's code; a reason that this page does not know yet stands in the API's English words. */
export function whyWithheld({ withheld, withheld_code, withheld_values }: Withheld): { text: string; lang: string | undefined } {
  if (withheld === 'none') return { text: translate('network.nothing_of_it'), lang: undefined };
  const key = `network.withheld.${withheld_code ?? ''}`;
  if (!withheld_code || !hasMessage(key)) return { text: withheld ?? '', lang: 'en' };
  const values: Values = {};
  for (const [name, value] of Object.entries(withheld_values ?? {})) values[name] = inWords(name, value);
  return { text: translate(key, values), lang: undefined };
}
