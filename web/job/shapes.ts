/** What the API says of a job (`GET /api/v1/job`). */
import type { Names } from '@shared/api/types';

export interface Named {
  code: string;
  names: Names;
}
export interface JobPhoto {
  id: string;
  url: string;
  width: number;
  height: number;
  kind: string;
}
export interface JobPage {
  city: string;
  city_names: Names;
  reference: string;
  service: Named;
  department: Named;
  title: string | null;
  instructions: string | null;
  description: string;
  position: { lat: number; lon: number } | null;
  address: string | null;
  district: Named | null;
  resolve_by: string | null;
  expires_at: string;
  open: boolean;
  evidence: boolean;
  started_at: string | null;
  finished_at: string | null;
  outcome: 'done' | 'returned' | null;
  photos: JobPhoto[];
}
export type Outcome = 'started' | 'done' | 'returned';
