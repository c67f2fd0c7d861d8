import { ApiError } from './api/client';
import { hasMessage, nameOf, t, translate } from './i18n/i18n.svelte';

/** The last part of a field's path: `contact.phone` is mended at `phone`. */
const lastPart = (field: string): string => field.split('.').at(-1) ?? field;

let toResident = false;

/**
 * Speak as to a resident from now on: they have words of their own for what staff are told in detail by the
 * server, and are never shown lists of codes. Called once by the residents' page.
 */
export function speakToResidents(): void {
  toResident = true;
}

/** What the person is told of a code in their own language; null where there is nothing but the server's sentence. */
function ownWords(error: ApiError): string | null {
  const keys = toResident ? [error.code, `resident.${error.code}`] : [error.code];
  if (error.code === 'invalid_input' && error.field) keys.unshift(`field_${lastPart(error.field)}`);
  const key = keys.map((one) => `problem.${one}`).find(hasMessage);
  return key ? translate(key) : null;
}

/** For residents every refusal has words in their language: of a code without its own, those of its kind. */
const KINDS: Readonly<Record<number, string>> = { 401: 'not_signed_in', 403: 'not_permitted', 404: 'not_found', 409: 'conflict', 422: 'invalid_input' };

function wordsOfKind({ status }: ApiError): string | null {
  if (!toResident) return null;
  if (status >= 500) return t('error.server');
  const kind = KINDS[status];
  return kind ? translate(`problem.resident.${kind}`) : t('error.unknown');
}

/** What went wrong in words for a person: the city's own notice, then ours in their language, then the server's. */
export function errorWords(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (error.status === 0) return t('error.no_connection');
  if (error.notice) return nameOf(error.notice);
  const own = ownWords(error);
  const words = own ?? wordsOfKind(error);
  if (words) return words;
  if (error.message) return error.message;
  return error.status >= 500 ? t('error.server') : t('error.unknown');
}

/** Whether what is allowed is left out: residents are not shown codes, and our own words say it already. */
export const withoutAllowed = (error: unknown): boolean =>
  toResident || (error instanceof ApiError && (Boolean(error.notice) || ownWords(error) !== null));
