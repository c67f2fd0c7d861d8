/**
 * The one door to the API. Every failure leaves here as an `ApiError` with words a person can read:
 * the server's own where it sent its error shape, ours where the network or a proxy failed.
 */

import { heard } from './line';
import type { Names } from './types';

export interface ErrorBody {
  code: string;
  message: string;
  field?: string;
  allowed?: unknown;
  reference?: string;
  notice?: Names | null;
  url?: string | null;
  phone?: string | null;
  /** Of a 409: what somebody else changed since the version this page last saw. */
  changes?: FieldChange[];
  /** Of a 409: who changed it. */
  by?: string | null;
}

export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

/** What the API said went wrong; `status` 0 means that no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly allowed: string[];
  readonly reference: string | undefined;
  readonly changes: FieldChange[];
  readonly by: string | null;
  /** What to do instead, in the city's languages, where a notice stopped the report. */
  readonly notice: Names | null;
  readonly url: string | null;
  readonly phone: string | null;
  /** Seconds the server asks to wait before the next try. */
  readonly retryAfter: number | null;

  constructor(status: number, body: ErrorBody, retryAfter: number | null = null) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code;
    this.field = body.field;
    this.allowed = body.allowed == null ? [] : [body.allowed].flat().map(String);
    this.reference = body.reference;
    this.changes = body.changes ?? [];
    this.by = body.by ?? null;
    this.notice = body.notice ?? null;
    this.url = body.url ?? null;
    this.phone = body.phone ?? null;
    this.retryAfter = retryAfter;
  }

  /** True when the server may or may not have done what was asked: the same call should be repeated. */
  get uncertain(): boolean {
    // A success that is not ours comes from something in between, such as the sign-in page of a public network.
    const foreign = this.status >= 200 && this.status < 400;
    return this.status === 0 || foreign || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export interface Call {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON, except a form (of files). */
  body?: unknown;
  headers?: Record<string, string>;
  query?: Record<string, string | number | boolean | null | undefined>;
  signal?: AbortSignal;
  /** Milliseconds after which silence counts as no connection. */
  within?: number;
}

/** Empty and absent values are left out. */
export function withQuery(path: string, query: Call['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

function isErrorBody(value: unknown): value is { error: ErrorBody } {
  if (typeof value !== 'object' || value === null || !('error' in value)) return false;
  const inner = (value as { error: unknown }).error;
  return typeof inner === 'object' && inner !== null && 'message' in inner;
}

/** An answer as it came, before it is understood. */
export interface RawAnswer {
  ok: boolean;
  status: number;
  /** The header's text. */
  retryAfter: string | null;
  text: string;
}

function parsed(text: string): unknown {
  if (!text) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Seconds from now; the header holds them or a date (RFC 9110, 10.2.3). */
function secondsOf(text: string | null): number | null {
  if (!text) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

/** The whole answer, given up after `within`; both ends of the line being silent is told as no connection. */
async function ask(path: string, request: RequestInit, { signal, within }: Call): Promise<RawAnswer> {
  const stop = new AbortController();
  const halt = (): void => stop.abort();
  const timer = within === undefined ? undefined : setTimeout(halt, within);
  signal?.addEventListener('abort', halt);
  if (signal?.aborted) halt();
  try {
    const response = await fetch(path, { ...request, signal: stop.signal });
    const { ok, status } = response;
    const answer = { ok, status, retryAfter: response.headers.get('Retry-After'), text: await response.text() };
    heard('answer');
    return answer;
  } catch (cause) {
    if (signal?.aborted) throw cause;
    // The line may be dead, or the other end have much to do.
    heard(stop.signal.aborted ? 'silence' : 'failure');
    throw new ApiError(0, { code: 'no_connection', message: '' });
  } finally {
    clearTimeout(timer);
  }
}

/** Calls the API and returns its JSON, unchecked: the shapes in `types.ts` are the contract. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  const request: RequestInit = { method: options.method ?? 'GET', headers, credentials: 'same-origin' };
  if (options.body instanceof FormData) {
    request.body = options.body;
  } else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    request.body = JSON.stringify(options.body);
  }
  return understood(await ask(withQuery(path, options.query), request, options));
}

/** The JSON of an answer, unchecked; raises its `ApiError`. */
export function understood<T>({ ok, status, retryAfter, text }: RawAnswer): T {
  const body = parsed(text);
  if (ok && body !== undefined) return body as T;
  const wait = secondsOf(retryAfter);
  if (isErrorBody(body)) throw new ApiError(status, body.error, wait);
  throw new ApiError(status, { code: 'unreadable_answer', message: '' }, wait);
}

const cityPath = (city: string): string => `/api/v1/cities/${encodeURIComponent(city)}`;

export const paths = {
  alive: '/health/live',
  about: '/api/v1/about',
  cities: '/api/v1/cities',
  services: (city: string) => `${cityPath(city)}/services`,
  districts: (city: string) => `${cityPath(city)}/districts`,
  departments: (city: string) => `${cityPath(city)}/departments`,
  place: (city: string) => `${cityPath(city)}/place`,
  media: (city: string) => `${cityPath(city)}/media`,
  check: (city: string) => `${cityPath(city)}/requests/check`,
  places: (city: string) => `${cityPath(city)}/places`,
  suggestions: (city: string) => `${cityPath(city)}/services/suggestions`,
  file: (city: string) => `${cityPath(city)}/requests`,
  status: (reference: string) => `/api/v1/requests/${encodeURIComponent(reference)}`,
  staffSession: '/api/v1/staff/session',
  staffQueue: '/api/v1/staff/queue',
  staffRequest: (reference: string) => `/api/v1/staff/requests/${encodeURIComponent(reference)}`,
  staffExternal: (reference: string, owner = '') =>
    `/api/v1/staff/requests/${encodeURIComponent(reference)}/external${owner && `/${encodeURIComponent(owner)}`}`,
  staffMove: (reference: string, move: string) =>
    `/api/v1/staff/requests/${encodeURIComponent(reference)}/${encodeURIComponent(move)}`,
  indicators: '/api/v1/network/indicators',
  definitions: '/api/v1/network/definitions',
  reports: '/api/v1/network/reports',
} as const;
