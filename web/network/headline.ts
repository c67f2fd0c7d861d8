/** The five figures that stand first, of what lasted (opened again is not resolved), each with what is taken where a city cannot have it, and what is read beside them. */
import type { Figures, FlaggedFigure } from './shapes';

export const HEADLINE: readonly (readonly string[])[] = [
  ['N2b'],
  ['N3b.std', 'N3b.share'],
  ['N5b', 'N4b.published', 'N4.reference'],
  ['N7b.past_promise', 'N7b.past_reference'],
  ['N13'],
];
export const BESIDE = ['N5b.undeclined', 'N13.undeclined', 'N10.declined', 'N11', 'N14.delay', 'N15', 'N15.residents'] as const;
/** Data quality: with a place, under a common code, with a recorded answer, with times in order. */
export const QUALITY = ['N16.place', 'N16.code', 'N16.answer', 'N16.order'] as const;

const can = (figure: FlaggedFigure | undefined): boolean => figure !== undefined && !figure.withheld;

/** Which of the figures stands for its place: the first that is shown, else the first there is. */
export function standing(ids: readonly string[], figures: Figures): string {
  return ids.find((id) => can(figures[id])) ?? ids.find((id) => figures[id]) ?? ids[0] ?? '';
}
