/** People of a city as its administrators see them. */
export const ROLES = ['crew', 'agent', 'dispatcher', 'supervisor', 'auditor', 'city_admin'] as const;

export interface Person {
  username: string;
  role: string;
  display_name: string;
  departments: string[];
  email: string | null;
  active: boolean;
  second_factor: boolean;
  last_sign_in_at: string | null;
}
