/** What a city offers and who works in it, read once after signing in. */
import { call, paths } from '@shared/api/client';
import type { City, Department, DistrictCollection, Named, Names, Service, Services } from '@shared/api/types';
import { loadCities } from '@shared/cities.svelte';
import { at } from './addresses';
import { staffCall } from './session.svelte';

export interface Colleague {
  username: string;
  display_name: string;
  role: string;
  departments: string[];
}

/** A firm that does a department's work, without an account. */
export interface Contractor extends Named {
  for_department: string;
}

export interface Lists {
  services: Service[];
  /** Names of the groups that services stand in, by code. */
  groups: Record<string, Names>;
  departments: Department[];
  districts: DistrictCollection | null;
  /** Colleagues to whom work can be given. */
  people: readonly Colleague[];
  contractors: readonly Contractor[];
  /** Codes of the reasons for closing, to filter by. */
  reasons: readonly string[];
}

const REASONS = [
  'fixed', 'cleaned', 'removed', 'answered', 'not_found', 'not_an_issue', 'out_of_jurisdiction',
  'insufficient_information', 'abuse', 'no_answer',
] as const;

export async function loadLists(id: string): Promise<{ city: City; lists: Lists }> {
  const [cities, services, departments, districts, hands] = await Promise.all([
    loadCities(),
    call<Services>(paths.services(id)),
    call<{ departments: Department[] }>(paths.departments(id)),
    call<DistrictCollection>(paths.districts(id)).catch(() => null),
    staffCall<{ people: Colleague[]; contractors: Contractor[] }>(at.people),
  ]);
  const city = cities.find((one) => one.id === id);
  if (!city) throw new Error(`no city ${id}`);
  return {
    city,
    lists: {
      services: services.services,
      groups: services.groups ?? {},
      departments: departments.departments,
      districts,
      people: hands.people.filter((one) => one.role !== 'auditor'),
      contractors: hands.contractors,
      reasons: REASONS,
    },
  };
}
