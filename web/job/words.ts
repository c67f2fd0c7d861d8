/** The page's own messages, typed. */
import { translate, type Leaves, type SharedKey, type Values } from '@shared/i18n/i18n.svelte';
import type own from './messages/en.json';

export type JobKey = Leaves<typeof own> | SharedKey;
export const w = (key: JobKey, values?: Values): string => translate(key, values);
