/** Single keys for people who work all day here; they can be switched off (WCAG 2.1.4) and rest while one writes. */
import { recall, remember } from '@shared/storage';

const STORE = 'nagara.keys';
let on = $state(recall<boolean>('local', STORE) ?? true);

export const keysOn = (): boolean => on;

export function switchKeys(next: boolean): void {
  on = next;
  remember('local', STORE, next);
}

function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches('input, select, textarea') || target.isContentEditable);
}

/** Escape works everywhere; Enter is left to the link or button that has the focus. */
export function listenToKeys(actions: Record<string, () => void>): () => void {
  function press(event: KeyboardEvent): void {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') {
      if (writing(event.target)) (event.target as HTMLElement).blur();
      else action();
      return;
    }
    if (!on || writing(event.target)) return;
    if (event.key === 'Enter' && event.target instanceof HTMLElement && event.target.matches('a, button, summary')) return;
    event.preventDefault();
    action();
  }
  addEventListener('keydown', press);
  return () => removeEventListener('keydown', press);
}
