import { call, paths } from '@shared/api/client';
import type { About, City, DistrictCollection } from '@shared/api/types';
import { writeNumbersAs } from '@shared/i18n/i18n.svelte';

/** What does not change from minute to minute: the city, the shapes of its districts, and whether this is a demo. */
export interface Place {
  city: City;
  districts: DistrictCollection;
  about: About;
}
const AGAIN_MS = 15_000;

let found = $state.raw<Place | null>(null);

/** The city of the wall, once it is known. */
export function place(): Place | null {
  return found;
}

/** Asks for a city until it is there; returns what ends the asking. */
export function lookUp(id: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const ask = async (): Promise<void> => {
    try {
      const [city, districts, about] = await Promise.all([
        call<City>(`${paths.cities}/${id}`),
        call<DistrictCollection>(paths.districts(id)),
        call<About>(paths.about),
      ]);
      if (ended) return;
      found = { city, districts, about };
      writeNumbersAs(city.numerals ?? {});
    } catch {
      if (!ended) timer = setTimeout(() => void ask(), AGAIN_MS);
    }
  };
  void ask();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
