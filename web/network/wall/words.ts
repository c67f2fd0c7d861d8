import { formatNumber, inDigits, translate, type Leaves, type Values } from '@shared/i18n/i18n.svelte';
import type messages from './messages/en.json';

type Key = Leaves<typeof messages> extends infer K ? (K extends `wall.${infer Rest}` ? Rest : never) : never;

/** A message of the wall, its own numbers in the digits that the city writes all others with. */
export const wl = (key: Key, values?: Values): string => inDigits(translate(`wall.${key}`, values));

/** The largest of some numbers, in words. */
export const most = (numbers: readonly number[]): string => formatNumber(Math.max(0, ...numbers));
