/** What is asked of the API about being told. */
import { call } from '@shared/api/client';
import { currentLanguage } from '@shared/i18n/i18n.svelte';
import { linkHeader } from '../link';
import { deviceHeader } from '../queue/device';

export type Channel = 'email' | 'sms' | 'push';

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
  kind: 'request' | 'area' | 'own';
  city: string;
  channel: Channel | null;
  channels: string[] | null;
  confirmed: boolean;
  reference: string | null;
  district: string | null;
  position: { lat: number; lon: number } | null;
  metres: number | null;
  services: string[];
  moves: string[] | null;
  frequency: 'at_once' | 'daily';
}

const PUBLIC = '/api/v1';

async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  return call<T>(path, { method: 'POST', body, headers: { ...headers, ...(await deviceHeader()) } });
}

export function followRequest(reference: string, token: string | null, way: Way): Promise<Subscribed> {
  const path = `${PUBLIC}/requests/${encodeURIComponent(reference)}/followers`;
  return post(path, { ...way, language: currentLanguage() }, linkHeader(token));
}

export interface Area {
  district: string;
  services: string[];
  frequency: 'at_once' | 'daily';
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
