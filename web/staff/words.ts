import { translate, type Leaves, type Values } from '@shared/i18n/i18n.svelte';
import type messages from './messages/en.json';

/** A message of the staff page. */
export const w = (key: Leaves<typeof messages>, values?: Values): string => translate(key, values);
