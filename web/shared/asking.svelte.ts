/** What a card or dialog asks of the API because a person wants it: whether it is still asking, and what went wrong last. */

export interface Doing {
  /** True while anything asked here has no answer yet. */
  readonly busy: boolean;
  /** What went wrong last, until something is asked again. */
  readonly failure: unknown;
  /** Does one thing and tells whether it came through; it never throws. */
  run: (what: () => Promise<unknown>) => Promise<boolean>;
  /** Shows the last failure no longer. */
  forget: () => void;
}

export interface Asking<T> extends Doing {
  /** What was read last; null before the first answer. */
  readonly value: T | null;
  /** Does one thing, then reads anew: whatever it changed is on screen when this ends well. */
  run: (what?: () => Promise<unknown>) => Promise<boolean>;
}

/** Things to do, one after the other or at once, where nothing has to be read again afterwards. */
export function doing(): Doing {
  let busy = $state(false);
  let failure = $state.raw<unknown>(null);
  // Not a state of the page: an effect that asks must not ask again because it asked.
  let unanswered = 0;
  return {
    get busy() {
      return busy;
    },
    get failure() {
      return failure;
    },
    async run(what) {
      unanswered += 1;
      busy = true;
      failure = null;
      try {
        await what();
        return true;
      } catch (error) {
        failure = error;
        return false;
      } finally {
        unanswered -= 1;
        busy = unanswered > 0;
      }
    },
    forget() {
      failure = null;
    },
  };
}

/**
 * Something that is read at once and after everything done to it. Of several readings under way the one begun last counts:
 * an older answer, or its failure, says nothing any more.
 */
export function asking<T>(read: () => Promise<T>): Asking<T> {
  const done = doing();
  let value = $state.raw<T | null>(null);
  let turn = 0;
  async function readAnew(): Promise<void> {
    const mine = ++turn;
    try {
      const found = await read();
      if (mine === turn) value = found;
    } catch (error) {
      if (mine === turn) throw error;
    }
  }
  const asked: Asking<T> = {
    get value() {
      return value;
    },
    get busy() {
      return done.busy;
    },
    get failure() {
      return done.failure;
    },
    run: (what) =>
      done.run(async () => {
        await what?.();
        await readAnew();
      }),
    forget: done.forget,
  };
  void asked.run();
  return asked;
}
