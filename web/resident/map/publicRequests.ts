/** What anybody may see of a city's requests, as the API lists them: newest first, page by page. */
import { call, withQuery } from '@shared/api/client';
import type { Named } from '@shared/api/types';

export interface PublicRequest {
  reference: string;
  status: string;
  open: boolean;
  service: Named;
  department: Named;
  district: Named | null;
  /** On the grid to which the city blurs positions. */
  position: { lat: number; lon: number } | null;
  description: string | null;
  received_at: string;
  updated_at: string;
  closed_at: string | null;
  thumbnail_url: string | null;
}

export interface PublicPage {
  requests: PublicRequest[];
  next_cursor: string | null;
}

export interface Wanted {
  service: string;
  status: '' | 'open' | 'closed';
  district: string;
  /** Days back from now; empty: all. */
  days: '' | '7' | '30' | '90';
  /** west,south,east,north; empty: everywhere. */
  bbox: string;
}

const A_PAGE = 100;
const DAY = 86_400_000;

export function readPage(city: string, wanted: Wanted, cursor: string | null, signal: AbortSignal): Promise<PublicPage> {
  const { service, status, district, days, bbox } = wanted;
  // To the full hour, so that the answer can come from a cache.
  const from = days ? Math.floor((Date.now() - Number(days) * DAY) / 3_600_000) * 3_600_000 : null;
  const since = from === null ? '' : new Date(from).toISOString();
  const query = { service, status, district, since, bbox, cursor, limit: A_PAGE };
  return call<PublicPage>(withQuery(`/api/v1/cities/${encodeURIComponent(city)}/requests`, query), { signal });
}
