import { ApiError } from './api/client';
import { t } from './i18n/i18n.svelte';

/** What went wrong in words for a person. The server's sentence is preferred: it knows more. */
export function errorWords(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (error.status === 0) return t('error.no_connection');
  if (error.message) return error.message;
  return error.status >= 500 ? t('error.server') : t('error.unknown');
}
