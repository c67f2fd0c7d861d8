/** Reads something again whenever what it depends on changes; the last question asked is the one that counts. */

import { waitedFor } from './waited.svelte';

export interface Reading<T> {
  readonly value: T | null;
  readonly failure: unknown;
}

/** `ask` is called within an effect: whatever it reads before its first wait makes it ask again. */
export function reading<T>(ask: () => Promise<T>): Reading<T> {
  let value = $state.raw<T | null>(null);
  let failure = $state.raw<unknown>(null);
  let turn = 0;
  $effect(() => {
    const mine = ++turn;
    failure = null;
    waitedFor(ask()).then(
      (found) => {
        if (mine === turn) value = found;
      },
      (error: unknown) => {
        if (mine !== turn) return;
        value = null;
        failure = error;
      },
    );
    return () => void (turn += 1);
  });
  return {
    get value() {
      return value;
    },
    get failure() {
      return failure;
    },
  };
}
