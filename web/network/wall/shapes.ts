import type { Named, Names } from '@shared/api/types';

/** A city's wall at a moment; null names stand for what the public never sees, or for no district. */
export interface Board {
  city: string;
  names: Names;
  timezone: string;
  counted_at: string;
  received: {
    last_24_hours: number;
    by_hour: number[];
    by_service: { service: Named | null; count: number }[];
  };
  closed_last_24_hours: number;
  open: number;
  due: { overdue: number; by_hour: number[] };
  districts: DistrictLoad[];
  grid: { metres: number; cells: Cell[]; placed_of_open: boolean };
  escalations: {
    total: number;
    by_level: { level: number; count: number }[];
    groups: Climbing[];
  };
}
export interface DistrictLoad {
  district: Named | null;
  open: number;
  overdue: number;
  due_soon: number;
}
export interface Cell {
  lat: number;
  lon: number;
  open: number;
  overdue: number;
}
export interface Climbing {
  level: number;
  service: Named | null;
  district: Named | null;
  count: number;
  oldest_received_at: string;
}
