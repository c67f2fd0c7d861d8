/** What all views share: the chosen period and kind of problem, the definitions, and the cities' figures. */
import { call, paths } from '@shared/api/client';
import type { Definition, Named } from '@shared/api/types';
import { startPeriod } from './period';
import { route } from './route.svelte';
import type { Sheet, Shown } from './shapes';
import { waitedFor } from './waited.svelte';

export const ALL = 'all';
export const NETWORK = '/api/v1/network';

const start = startPeriod(location.search, new Date());
/** What the person chose; it stands in the address. */
export const chosen = $state({ ...start, code: new URLSearchParams(location.search).get('code') ?? ALL });

let sheet = $state.raw<Sheet | null>(null);
let definitions = $state.raw<ReadonlyMap<string, Definition>>(new Map());
let codes = $state.raw<Named[]>([]);
let failure = $state.raw<unknown>(null);
let loading = $state(false);
let shown = $state.raw<Shown | null>(null);
let turn = 0;

export const period = (): string => `${chosen.from}..${chosen.to}`;
export const figures = (): Sheet | null => sheet;
export const definitionOf = (id: string): Definition | undefined => definitions.get(id);
export const commonCodes = (): Named[] => codes;
export const whatFailed = (): unknown => failure;
export const isLoading = (): boolean => loading;
export const shownFigure = (): Shown | null => shown;
export const show = (next: Shown | null): void => void (shown = next);

/** A single kind of problem is looked at side by side only; all other views are of all kinds together. */
export const kind = (): string => (route().view === 'compare' && chosen.code !== ALL ? chosen.code : '');
export const asked = (): Record<string, string> => ({ period: period(), code: kind() });

/** Reads the figures of the chosen period; an answer that comes after another was asked for is left out. */
export async function readFigures(): Promise<void> {
  const mine = ++turn;
  loading = true;
  failure = null;
  const address = new URLSearchParams({ period: period(), ...(chosen.code === ALL ? {} : { code: chosen.code }) });
  history.replaceState(history.state, '', `?${address.toString()}${location.hash}`);
  try {
    const [found, described] = await Promise.all([
      waitedFor(call<Sheet>(paths.indicators, { query: asked() })),
      definitions.size > 0 ? null : call<{ definitions: Definition[]; codes: Named[] }>(paths.definitions),
    ]);
    if (mine !== turn) return;
    sheet = found;
    if (!described) return;
    definitions = new Map(described.definitions.map((one) => [one.id, one]));
    codes = described.codes;
  } catch (error) {
    if (mine === turn) failure = error;
  } finally {
    if (mine === turn) loading = false;
  }
}
