/** The outlines and names of a city's districts, fetched once for a page. */
import { call, paths } from '@shared/api/client';
import type { DistrictCollection } from '@shared/api/types';

const asked = new Map<string, Promise<DistrictCollection>>();

/** A failed call is asked again the next time. */
export function loadDistricts(city: string): Promise<DistrictCollection> {
  const known = asked.get(city);
  if (known) return known;
  const found = call<DistrictCollection>(paths.districts(city));
  asked.set(city, found);
  found.catch(() => asked.delete(city));
  return found;
}
