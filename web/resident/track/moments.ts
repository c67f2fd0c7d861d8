/** Times on the clocks of the request's city, in its calendar and digits. */
import { currentLanguage, inDigits, t, translate } from '@shared/i18n/i18n.svelte';
import type { CityShown } from './status';

export const digits = (text: string | number, city: CityShown): string => inDigits(String(text), city.numerals);

function parts(at: string | number, city: CityShown, calendar: string): Record<string, string> {
  const format = new Intl.DateTimeFormat(`en-GB-u-ca-${calendar}`, {
    weekday: 'short',
    day: 'numeric',
    month: 'numeric',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: city.timezone,
  });
  return Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
}

/** "Tuesday 13 October, 10:00"; with the year where it is not the present one. */
export function moment(at: string, city: CityShown, now = Date.now()): string {
  const own = new Intl.DateTimeFormat(currentLanguage()).resolvedOptions().calendar;
  const calendar = city.calendar ?? (own === 'buddhist' ? own : 'gregory');
  const shown = parts(at, city, calendar);
  const year = digits(shown.year ?? '', city);
  const words = {
    weekday: translate(`date.weekday.${shown.weekday?.toLowerCase().slice(0, 3)}`),
    day: digits(Number(shown.day), city),
    month: translate(`date.month.m${Number(shown.month)}`),
    // An era that is not the language's own is named, or 2569 would be read as a distant year.
    year: calendar === own ? year : `${calendar === 'buddhist' ? 'BE' : 'CE'} ${year}`,
    time: digits(`${shown.hour}:${shown.minute}`, city),
  };
  return shown.year === parts(now, city, calendar).year ? t('date.moment', words) : t('after.moment_year', words);
}
