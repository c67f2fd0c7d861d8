/** The five figures that stand first, each with what is taken where a city cannot have it, and what is read beside them. */
import type { Figures, FlaggedFigure } from './shapes';

export const HEADLINE: readonly (readonly string[])[] = [
  ['N2b'],
  ['N3a.std', 'N3a.share'],
  ['N5', 'N4.published', 'N4.reference'],
  ['N7b.past_promise', 'N7b.past_reference'],
  ['N13'],
];
export const BESIDE = ['N11', 'N14.delay', 'N15'] as const;
/** Data quality: with a place, under a common code, with a recorded answer, with times in order. */
export const QUALITY = ['N16.place', 'N16.code', 'N16.answer', 'N16.order'] as const;

const can = (figure: FlaggedFigure | undefined): boolean => figure !== undefined && !figure.withheld;

/** Which of the figures stands for its place: the first that is shown, else the first there is. */
export function standing(ids: readonly string[], figures: Figures): string {
  return ids.find((id) => can(figures[id])) ?? ids.find((id) => figures[id]) ?? ids[0] ?? '';
}
