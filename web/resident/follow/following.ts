/** What is asked of the API about being told. */
import { call } from '@shared/api/client';
import { currentLanguage } from '@shared/i18n/i18n.svelte';
import { linkHeader } from '../link';
import { deviceHeader } from '../queue/device';

export type Channel = 'email' | 'sms' | 'push';
export type Frequency = 'at_once' | 'daily' | 'weekly';

/** From and to a time of the day on the city's clocks. */
export interface Quiet {
  begins: string;
  ends: string;
}

/** What ends quiet hours: from and to the same time. */
export const NEVER: Quiet = { begins: '00:00', ends: '00:00' };

/** Where to: one of the three, as the channel wants it. */
export interface Way {
  channel: Channel;
  email?: string;
  phone?: string;
  push?: PushSubscriptionJSON;
}

export interface Subscribed {
  id: string;
  city: string;
  state: 'on' | 'confirm';
  key: string | null;
}

export interface Subscription {
  kind: 'request' | 'area' | 'own' | 'digest';
  city: string;
  channel: Channel | null;
  channels: string[] | null;
  confirmed: boolean;
  reference: string | null;
  /** Of a digest: the reports it is about. */
  references: string[];
  district: string | null;
  position: { lat: number; lon: number } | null;
  metres: number | null;
  services: string[];
  moves: string[] | null;
  frequency: Frequency;
  quiet: Quiet | null;
}

const PUBLIC = '/api/v1';

async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  return call<T>(path, { method: 'POST', body, headers: { ...headers, ...(await deviceHeader()) } });
}

export function followRequest(reference: string, token: string | null, frequency: Frequency, way: Way): Promise<Subscribed> {
  const path = `${PUBLIC}/requests/${encodeURIComponent(reference)}/followers`;
  return post(path, { ...way, frequency, language: currentLanguage() }, linkHeader(token));
}

export interface Area {
  district: string;
  services: string[];
  frequency: Frequency;
}

export function watchArea(city: string, area: Area, way: Way): Promise<Subscribed> {
  return post(`${PUBLIC}/cities/${encodeURIComponent(city)}/alerts`, { ...area, ...way, language: currentLanguage() });
}

export async function confirmCode(made: Subscribed, code: string): Promise<string> {
  const path = `${PUBLIC}/subscriptions/${encodeURIComponent(made.city)}/${encodeURIComponent(made.id)}/confirm`;
  return (await post<{ key: string }>(path, { code })).key;
}

const byKey = (key: string): string => `${PUBLIC}/subscriptions/${encodeURIComponent(key)}`;

export const readSubscription = (key: string): Promise<Subscription> => call(byKey(key));
export const confirmLink = (key: string): Promise<Subscription> => post(`${byKey(key)}/confirm`, undefined);
export const stop = (key: string): Promise<null> => call(byKey(key), { method: 'DELETE' });
export const change = (key: string, body: object): Promise<Subscription> =>
  call(byKey(key), { method: 'PUT', body });
