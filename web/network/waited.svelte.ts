/** Whether an answer is waited for: what stands on the page is then of the question before. */
import { untrack } from 'svelte';

let open = $state(0);

export const isWaiting = (): boolean => open > 0;

/** Counts a question until it is answered, one way or the other. */
export async function waitedFor<T>(answer: Promise<T>): Promise<T> {
  untrack(() => (open += 1));
  try {
    return await answer;
  } finally {
    open -= 1;
  }
}
