import { formatNumber, translate, type Leaves, type Values } from '@shared/i18n/i18n.svelte';
import type messages from './messages/en.json';

type Key = Leaves<typeof messages> extends infer K ? (K extends `wall.${infer Rest}` ? Rest : never) : never;

/** A message of the wall. */
export const wl = (key: Key, values?: Values): string => translate(`wall.${key}`, values);

/** The largest of some numbers, in words. */
export const most = (numbers: readonly number[]): string => formatNumber(Math.max(0, ...numbers));
