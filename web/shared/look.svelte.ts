/** The city's own colour on the page. The checker of the city's files made sure that white text on it can be read. */
import type { City } from './api/types';

const COLOUR = /^#[0-9a-f]{6}$/i;

/** Null: Nagara's own look again. */
export function wear(look: City['look']): void {
  const root = document.documentElement;
  const colour = look && COLOUR.test(look.colour) ? look.colour : null;
  if (colour) root.style.setProperty('--city', colour);
  else root.style.removeProperty('--city');
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', colour ?? '#1d2f5e');
}
