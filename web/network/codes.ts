/** The network's kinds of problem as far as the cities' services use them, with a name for each. */
import { call, paths } from '@shared/api/client';
import type { City, Named, Services } from '@shared/api/types';
import { label } from '@shared/i18n/i18n.svelte';

/** A city that does not answer only lacks its codes here. */
export async function codesInUse(cities: readonly City[]): Promise<Named[]> {
  const answers = await Promise.allSettled(cities.map((city) => call<Services>(paths.services(city.id))));
  const found = new Map<string, Named>();
  for (const answer of answers) {
    if (answer.status !== 'fulfilled') continue;
    for (const service of answer.value.services) {
      const code = service.network_code;
      const known = found.get(code)?.names ?? { en: label('network.code', code) };
      // A service that bears the code itself is named after it; others are narrower.
      found.set(code, { code, names: service.code === code ? { ...known, ...service.names } : known });
    }
  }
  return [...found.values()].sort((one, other) => one.code.localeCompare(other.code));
}
