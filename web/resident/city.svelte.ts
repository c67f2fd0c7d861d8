/** The city whose pages these are: the one chosen for the report, whose name and colours the header bears. */
import type { City } from '@shared/api/types';
import { wear } from '@shared/look.svelte';

let shown = $state.raw<City | null>(null);

export const shownCity = (): City | null => shown;

export function showCity(city: City | null): void {
  shown = city;
  wear(city?.look);
}
