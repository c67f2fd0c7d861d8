/** How the holder of a private link is told of their own report: over which channels and of which steps. */
import { call, paths } from '@shared/api/client';
import type { Frequency, Quiet } from '../follow/following';
import { linkHeader } from '../link';
import { act } from './sending';

export type Channel = 'email' | 'sms';

export interface Notices {
  /** What the contact and the deployment offer. */
  possible: Channel[];
  channels: Channel[];
  /** Null: all. */
  moves: string[] | null;
  frequency: Frequency;
  quiet: Quiet | null;
  /** Whether a chat with a Telegram bot can be told. */
  telegram: boolean;
  all_moves: string[];
  confirmed: boolean;
  /** The channel a code went to; messages wait until it is entered. */
  confirm_over: Channel | null;
}

/** The steps of which somebody who filed a report is sent words; the others stand in its history alone. */
export const STEPS = [
  'filed',
  'acknowledged',
  'assigned',
  'started',
  'asked',
  'paused',
  'resumed',
  'referred',
  'resolved',
  'declined',
  'withdrawn',
  'reopened',
  'duplicate_linked',
] as const;

const address = (reference: string): string => `${paths.status(reference)}/notices`;

export const readNotices = (reference: string, token: string): Promise<Notices> =>
  call(address(reference), { headers: linkHeader(token) });

export const chooseNotices = (
  reference: string,
  token: string,
  chosen: { channels: Channel[]; moves: string[] | null; frequency: Frequency; quiet: Quiet },
): Promise<Notices> => call(address(reference), { method: 'PUT', headers: linkHeader(token), body: chosen });

export const enterCode = (reference: string, token: string, code: string): Promise<Notices> =>
  act(reference, token, 'confirm', { code });

export const askForCode = (reference: string, token: string): Promise<{ sent: boolean }> =>
  act(reference, token, 'confirm-code');

/** The address that opens a chat with the bot, which is then told of the report. */
export const telegramLink = (reference: string, token: string): Promise<{ url: string }> => act(reference, token, 'telegram');
