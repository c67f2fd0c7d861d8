/** More contrast: as the system asks for it, or as the person chose on this page, which then goes first. */
import { recall, remember } from './storage';

const STORE = 'nagara.contrast';
const wish = matchMedia('(prefers-contrast: more)');
let chosen = $state<boolean | null>(recall<boolean>('local', STORE));
let asked = $state(wish.matches);

export const moreContrast = (): boolean => chosen ?? asked;

function apply(): void {
  if (moreContrast()) document.documentElement.dataset.contrast = 'more';
  else delete document.documentElement.dataset.contrast;
}

/** Called once, before anything is drawn. */
export function startContrast(): void {
  wish.addEventListener('change', ({ matches }) => {
    asked = matches;
    apply();
  });
  apply();
}

export function chooseContrast(more: boolean): void {
  chosen = more;
  remember('local', STORE, more);
  apply();
}
