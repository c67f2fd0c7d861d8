/**
 * Single keys for people who work all day here. They can be switched off (WCAG 2.1.4), rest while one writes, and
 * mean the same under a Khmer or Thai keyboard layout: there the place of the key counts, not its letter.
 */
import { recall, remember } from '@shared/storage';

const STORE = 'nagara.keys';
const PREFIX_MS = 1500;
let on = $state(recall<boolean>('local', STORE) ?? true);
let prefix = $state('');

export const keysOn = (): boolean => on;
/** The first letter of a pair that waits for its second, such as `g`. */
export const waitingKey = (): string => prefix;

export function switchKeys(next: boolean): void {
  on = next;
  remember('local', STORE, next);
}

/** By letter; a pair is written together, such as `gm`. */
export type KeyActions = Record<string, () => void>;
const listeners: KeyActions[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function writing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('select, textarea, input:not([type=checkbox], [type=radio])');
}

/** The key in Latin letters. */
function latin(event: KeyboardEvent): string {
  const place = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (!place || /^[ -~]$/.test(event.key)) return event.key;
  return event.shiftKey ? place : place.toLowerCase();
}

/** What was registered last is asked first: a page's keys stand above those of the console. */
function actionFor(key: string): (() => void) | undefined {
  for (let index = listeners.length - 1; index >= 0; index--) {
    const action = listeners[index]?.[key];
    if (action) return action;
  }
  return undefined;
}

function escape(event: KeyboardEvent): void {
  if (writing(event.target)) (event.target as HTMLElement).blur();
  else actionFor('Escape')?.();
}

/** True where the element with the focus has its own use for the key. */
function leftToElement(event: KeyboardEvent): boolean {
  if (!(event.target instanceof HTMLElement)) return false;
  const presses = event.key === 'Enter' || event.key === ' ';
  return presses && event.target.matches('a, button, summary, input, [role=separator], [role=application]');
}

function press(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') return escape(event);
  if (!on || writing(event.target) || leftToElement(event)) return;
  const key = latin(event);
  const pair = prefix + key;
  clearTimeout(timer);
  if (!prefix && key === 'g') {
    prefix = 'g';
    timer = setTimeout(() => (prefix = ''), PREFIX_MS);
    return;
  }
  prefix = '';
  const action = actionFor(pair);
  if (!action) return;
  event.preventDefault();
  action();
}

/** Escape works everywhere; Enter is left to the link or button that has the focus. */
export function listenToKeys(actions: KeyActions): () => void {
  if (listeners.length === 0) addEventListener('keydown', press);
  listeners.push(actions);
  return () => {
    listeners.splice(listeners.indexOf(actions), 1);
    if (listeners.length === 0) removeEventListener('keydown', press);
  };
}
