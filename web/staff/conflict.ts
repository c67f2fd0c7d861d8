import type { ApiError } from '@shared/api/client';

/** The version up to which a conflict tells what changed; null where the server does not say so. */
export function versionTold({ code, field, allowed }: ApiError): number | null {
  const version = code === 'changed_meanwhile' && field === 'version' ? Number(allowed[0]) : Number.NaN;
  return Number.isInteger(version) ? version : null;
}
