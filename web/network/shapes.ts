/** Shapes of the answers that only the network's page reads; what the API's document says of them is the contract. */
import type { CityFigures, Definition, Figure, Names, Withheld } from '@shared/api/types';

export type Flag = 'provisional' | 'unstable' | 'few' | 'suppressed';
export type FlaggedFigure = Figure & { flags?: Flag[] };
export type Figures = Record<string, FlaggedFigure>;
export type Verdict = 'usual' | 'watch' | 'investigate';

export interface Peer {
  population: number | null;
  population_source: string | null;
  band: string | null;
}

export interface SheetCity extends Omit<CityFigures, 'figures'> {
  figures: Figures;
  country: string;
  peer: Peer;
  without_emergencies: Figures | null;
  /** Where its figures stand among the cities', when the whole network was asked for. */
  beside?: Record<string, { verdict: Verdict; stands: boolean }>;
}

export interface Sheet {
  period: string;
  code: string;
  method_version: string;
  weights?: { year: number; frozen: boolean };
  simulated: string[];
  without_figures: string[];
  cities: SheetCity[];
}

/** What an Open311 endpoint may not tell. */
export type Untold =
  | 'first_response' | 'duplicates' | 'closing_reason' | 'reopening' | 'pauses' | 'escalation' | 'satisfaction'
  | 'private_requests';

export interface OverviewCity {
  city: string;
  names: Names;
  country: string;
  centre: { lat: number; lon: number };
  simulated: boolean;
  snapshot: { id: string; cut_off: string } | null;
  coverage: Coverage | null;
  /** Of a city without Nagara, read through its Open311 endpoint: what that does not tell. */
  pulled: { missing: Untold[]; seen_until: string | null } | null;
  headline: Figures;
  beside: Figures;
}

export interface Coverage {
  reports: number | null;
  issues: number | null;
  first_month: string | null;
  last_month: string | null;
  months: number;
  quality: Figures;
}

export interface CurveStep {
  hours: number;
  open: number | null;
  low: number | null;
  high: number | null;
  resolved?: number | null;
  not_actionable?: number | null;
  withdrawn?: number | null;
  n: number;
}

/** How a city's reports ended, over time. */
export interface Course {
  city: string;
  points: CurveStep[];
  /** Why it is not told how they ended; null where it is told. */
  causes_withheld?: string | null;
  causes_withheld_code?: string;
}

export interface FunnelPoint {
  city: string;
  names: Names;
  simulated: boolean;
  value: number;
  low: number | null;
  high: number | null;
  n: number | null;
  /** Null where fewer than three cities can be held together. */
  verdict: Verdict | null;
  stands: boolean;
}

export interface FunnelLimits {
  n: number;
  low_95: number;
  high_95: number;
  low_998: number;
  high_998: number;
}

export interface Funnel {
  figure: string;
  unit: Definition['unit'];
  target: number | null;
  overdispersed: boolean;
  points: FunnelPoint[];
  limits: FunnelLimits[];
  /** Cities that are not in it, each with the reason. */
  left_out: { city: string; why: string; why_code?: string; why_values?: Readonly<Record<string, number>> }[];
}

export interface EquityDistrict extends Withheld {
  district: string;
  names: Names;
  n: number | null;
  population: number | null;
  value: number | null;
  low: number | null;
  high: number | null;
  smoothed: number | null;
  kept: number | null;
}

export interface Equity {
  city: string;
  figure: FlaggedFigure | null;
  districts: EquityDistrict[];
}

export interface AgeClass {
  from_days: number;
  to_days: number | null;
  open: number | null;
}

export interface BacklogCity {
  city: string;
  figures: Figures;
  classes: AgeClass[];
}

export type TrendMonth = FlaggedFigure & { month: string };

export interface Break {
  month: string;
  what: 'method' | 'configuration' | 'holidays';
}

/** Of one figure, as a plot shows it. */
export interface Trend {
  figure: string;
  months: TrendMonth[];
  breaks: Break[];
}

export interface TrendAnswer {
  months: { month: string; figures: Figures }[];
  breaks: Break[];
}

/** Whose figure is shown in a dialog, and which. */
export interface Shown {
  definition: Definition;
  city: SheetCity | null;
}
