/**
 * Light, dark or strong contrast, chosen by the person or left to the device.
 *
 * The dark colours stand once, behind `prefers-color-scheme` in the shared styles. A choice switches those rules on or
 * off in the loaded style sheets, so that no second copy of the colours can drift from the first.
 */
import { recall, remember } from '@shared/storage';

export const THEMES = ['auto', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

const STORE = 'nagara.theme';
const DARK = /prefers-color-scheme:\s*dark/;
const darkRules = new Set<CSSMediaRule>();
const saved = recall<Theme>('local', STORE);
let theme = $state<Theme>(saved && THEMES.includes(saved) ? saved : 'auto');

export const currentTheme = (): Theme => theme;

function findDarkRules(): void {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule instanceof CSSMediaRule && DARK.test(rule.conditionText)) darkRules.add(rule);
    }
  }
}

/** The device may ask for strong contrast, too. */
const wishes = matchMedia('(prefers-contrast: more)');

function apply(): void {
  findDarkRules();
  const shown = theme === 'auto' && wishes.matches ? 'contrast' : theme;
  const media = { auto: '(prefers-color-scheme: dark)', light: 'not all', dark: 'all', contrast: 'not all' }[shown];
  for (const rule of darkRules) rule.media.mediaText = media;
  const root = document.documentElement;
  root.dataset.theme = shown;
  root.style.colorScheme = { auto: 'light dark', light: 'light', dark: 'dark', contrast: 'dark' }[shown];
}

/** Pages that arrive later bring style sheets of their own. */
export function startTheme(): void {
  apply();
  wishes.addEventListener('change', apply);
  new MutationObserver(() => apply()).observe(document.head, { childList: true });
}

export function chooseTheme(next: Theme): void {
  theme = next;
  remember('local', STORE, next === 'auto' ? null : next);
  apply();
}
