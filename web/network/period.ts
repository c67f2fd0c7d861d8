/** Months as the API names them, "2026-09", and periods of them, "2026-09..2026-10". */

const FIRST_YEAR = 2022;
const LONGEST_TREND = 12;

export function monthBefore(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const index = year * 12 + (number - 1) - by;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** Every month that can be chosen, newest first. */
export function monthsUntil(now: Date): string[] {
  const months: string[] = [];
  let month = `${now.getUTCFullYear()}-${String(now.getUTCMonth() + 1).padStart(2, '0')}`;
  while (Number(month.slice(0, 4)) >= FIRST_YEAR) {
    months.push(month);
    month = monthBefore(month, 1);
  }
  return months;
}

/** The period in the address, else the present month and the two before it: what was just reported counts too. */
export function startPeriod(search: string, now: Date): { from: string; to: string } {
  const given = /^(\d{4}-\d{2})(?:\.\.(\d{4}-\d{2}))?$/.exec(new URLSearchParams(search).get('period') ?? '');
  if (given?.[1]) return { from: given[1], to: given[2] ?? given[1] };
  const current = monthsUntil(now)[0] ?? '2026-01';
  return { from: monthBefore(current, 2), to: current };
}

/** Twelve months up to the end of a period: what a trend is read over. */
export function trendPeriod(period: string): string {
  const last = period.split('..').at(-1) ?? period;
  return `${monthBefore(last, LONGEST_TREND - 1)}..${last}`;
}
