/** The city whose pages these are: the one chosen for the report, whose name, colours and digits the page bears. */
import type { City } from '@shared/api/types';
import { writeNumbersAs } from '@shared/i18n/i18n.svelte';
import { wear } from '@shared/look.svelte';

let shown = $state.raw<City | null>(null);

export const shownCity = (): City | null => shown;

export function showCity(city: City | null): void {
  shown = city;
  wear(city?.look);
  writeNumbersAs(city?.numerals ?? {});
}
