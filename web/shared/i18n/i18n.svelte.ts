/**
 * Words, numbers and times in the person's language.
 *
 * A page calls `startLanguage` once with its own message files beside the shared ones, and again through
 * `setLanguage` when the person chooses another. Only the chosen language is downloaded.
 */
import type shared from '../messages/en.json';
import type { Names } from '../api/types';
import { ENDONYMS, STORE, wishedLanguage, type Language } from './wished';

export type { Language };

/** The dotted keys of a message file. */
export type Leaves<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends string
    ? `${Prefix}${K}`
    : T[K] extends { other: string }
      ? `${Prefix}${K}`
      : Leaves<T[K], `${Prefix}${K}.`>;
}[keyof T & string];
export type SharedKey = Leaves<typeof shared>;

export type Messages = { [key: string]: string | Messages };
export type MessageFiles = Record<string, () => Promise<unknown>>;

const sharedFiles: MessageFiles = import.meta.glob('../messages/*.json', { import: 'default' });

/** Those with a message file: adding the file is enough. */
export const LANGUAGES: readonly { tag: Language; name: string }[] = Object.entries(ENDONYMS)
  .map(([tag, name]) => ({ tag: tag as Language, name }))
  .filter(({ tag }) => fileFor(sharedFiles, tag));

/** What a language calls itself; browsers know few names of languages in few languages. */
export const endonymOf = (tag: string): string => (ENDONYMS as Record<string, string>)[tag] ?? tag;

let pageFiles: MessageFiles = {};

let language = $state<Language>('en');
let messages = $state.raw<Messages[]>([]);
let pageLanguage = $state<Language>('en');

/** The language now shown. */
export function currentLanguage(): Language {
  return language;
}

/** The language the page's own words are in: English where they are not translated yet. */
export function currentPageLanguage(): Language {
  return pageLanguage;
}

function fileFor(files: MessageFiles, tag: Language): (() => Promise<unknown>) | undefined {
  return Object.entries(files).find(([path]) => path.endsWith(`/${tag}.json`))?.[1];
}

async function load(files: MessageFiles, tag: Language): Promise<Messages> {
  const read = fileFor(files, tag) ?? fileFor(files, 'en');
  return read ? ((await read()) as Messages) : {};
}

async function show(tag: Language): Promise<void> {
  const loaded = await Promise.all([load(pageFiles, tag), load(sharedFiles, tag)]);
  messages = loaded;
  language = tag;
  pageLanguage = Object.keys(pageFiles).length === 0 || fileFor(pageFiles, tag) ? tag : 'en';
  document.documentElement.lang = tag;
}

/** Chooses `?lang=`, then what was remembered, then the browser's wish, then English; resolves once words are there. */
export async function startLanguage(files: MessageFiles = {}): Promise<void> {
  pageFiles = files;
  await show(wishedLanguage(LANGUAGES.map((one) => one.tag)));
}

export async function setLanguage(tag: Language): Promise<void> {
  await show(tag);
  try {
    localStorage.setItem(STORE, tag);
  } catch {
    // Private windows may refuse storage; the choice then lasts for this visit.
  }
}

export type Values = Record<string, string | number>;

function lookup(source: Messages, key: string): string | Messages | undefined {
  let at: string | Messages | undefined = source;
  for (const part of key.split('.')) {
    if (typeof at !== 'object') return undefined;
    at = at[part];
  }
  return at;
}

function find(key: string): string | Messages | undefined {
  for (const source of messages) {
    const value = lookup(source, key);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** True when the words for a key that came from outside (a status, an event kind) exist. */
export function hasMessage(key: string): boolean {
  return find(key) !== undefined;
}

/**
 * The message under `key` with `{name}` places filled. Where the message has plural forms, `values.count` picks
 * the form by the language's own rules. An unknown key is shown as it is, so that it is seen and mended.
 */
export function translate(key: string, values: Values = {}): string {
  let found = find(key);
  if (typeof found === 'object') {
    const form = new Intl.PluralRules(language).select(Number(values.count ?? 0));
    found = found[form] ?? found.other;
  }
  if (typeof found !== 'string') return key;
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? formatNumber(value) : value;
  });
}

/** A shared message; pages have their own typed wrapper over `translate`. */
export const t = (key: SharedKey, values?: Values): string => translate(key, values);

/** A label for a code of an open list: its message where there is one, else the code made readable. */
export function label(prefix: string, code: string): string {
  const key = `${prefix}.${code}`;
  if (hasMessage(key)) return translate(key);
  const words = code.replaceAll(/[_-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The name in the shown language, else English, else any; with the language it is really in. */
export function pick(names: Names | null | undefined): { text: string; lang: string } {
  for (const tag of [language, 'en']) {
    const text = names?.[tag];
    if (text) return { text, lang: tag };
  }
  const first = Object.entries(names ?? {})[0];
  return first ? { text: first[1], lang: first[0] } : { text: '', lang: language };
}

export const nameOf = (names: Names | null | undefined): string => pick(names).text;

/** Where the ten digits of each system begin: not every browser has them all. */
const ZERO: Record<string, number> = {
  khmr: 0x17e0,
  laoo: 0x0ed0,
  mymr: 0x1040,
  thai: 0x0e50,
  tamldec: 0x0be6,
};
export type Numerals = Record<string, string>;

let numerals = $state.raw<Numerals>({});

/** The digits of the city whose page this is, by language; where it names none, those of the language. */
export function writeNumbersAs(chosen: Numerals): void {
  numerals = chosen;
}

/** A text with the digits that a city chose for the reader's language, else those the language is written with. */
export function inDigits(text: string, chosen: Numerals = numerals): string {
  const zero = ZERO[chosen[language] ?? new Intl.NumberFormat(language).resolvedOptions().numberingSystem];
  return zero === undefined ? text : text.replaceAll(/\d/g, (one) => String.fromCodePoint(zero + Number(one)));
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  if (!numerals[language]) return new Intl.NumberFormat(language, options).format(value);
  return inDigits(new Intl.NumberFormat(`${language}-u-nu-latn`, options).format(value));
}

/** What a clock in that zone shows. Names of days and months come from our messages: not every browser has Khmer. */
function wallClock(iso: string, timeZone: string): Values {
  const format = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  const parts = Object.fromEntries(format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
  return {
    weekday: translate(`date.weekday.${parts.weekday?.toLowerCase().slice(0, 3)}`),
    day: Number(parts.day),
    month: translate(`date.month.m${Number(parts.month)}`),
    month_short: translate(`date.month_short.m${Number(parts.month)}`),
    time: inDigits(`${parts.hour}:${parts.minute}`),
  };
}

/** Day and time in the city's own zone, in words: "Tuesday 13 October, 10:00". */
export function formatMoment(iso: string, timeZone: string): string {
  return t('date.moment', wallClock(iso, timeZone));
}

/** The day in the city's own zone, in words: "Tuesday 13 October". */
export function formatDay(iso: string, timeZone: string): string {
  return t('date.day', wallClock(iso, timeZone));
}

/** Short day and time in the city's own zone: "13 Oct, 10:00". */
export function formatShort(iso: string, timeZone: string): string {
  return t('date.short', wallClock(iso, timeZone));
}

/** Distance from now in the largest fitting unit: "in 3 hours", "2 days ago". */
export function formatRelative(iso: string, now: number): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const [unit, size] = (
    [
      ['days', 86_400],
      ['hours', 3_600],
    ] as const
  ).find(([, length]) => Math.abs(seconds) >= length) ?? ['minutes' as const, 60];
  const count = Math.floor(Math.abs(seconds) / size);
  return seconds < 0 ? t(`relative.${unit}_ago`, { count }) : t(`relative.in_${unit}`, { count });
}

/** "Sep 2026" from "2026-09". */
export function formatMonth(month: string): string {
  const [year = '', number = ''] = month.split('-');
  return `${translate(`date.month_short.m${Number(number)}`)} ${year}`;
}
