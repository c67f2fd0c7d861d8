/** The cities of this installation, fetched once for a page, in the order of their shown names. */
import { call, paths } from './api/client';
import type { City } from './api/types';
import { currentLanguage, nameOf } from './i18n/i18n.svelte';

let asked: Promise<City[]> | null = null;

/** A failed call is asked again the next time. */
export function loadCities(): Promise<City[]> {
  asked ??= call<{ cities: City[] }>(paths.cities).then(
    (answer) => answer.cities,
    (error: unknown) => {
      asked = null;
      throw error;
    },
  );
  return asked;
}

/** By name in the shown language: never by size, rank or value. */
export function byName(cities: readonly City[]): City[] {
  const order = new Intl.Collator(currentLanguage());
  return [...cities].sort((one, other) => order.compare(nameOf(one.names), nameOf(other.names)));
}
