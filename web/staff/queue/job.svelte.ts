/** A job of the server's (many moves, an export): started once, followed until it ends. */
import { staffCall } from '../session.svelte';
import type { Job } from '../shapes';

const ASK_EVERY_MS = 700;
const ENDED = ['done', 'failed', 'expired'];

export class JobFollower {
  job = $state.raw<Job | null>(null);
  failure = $state.raw<unknown>(null);
  starting = $state(false);
  readonly ended = $derived(this.job !== null && ENDED.includes(this.job.state));
  readonly working = $derived(this.starting || (this.job !== null && !this.ended));
  #stopped = false;
  readonly #address: (id: string) => string;

  constructor(address: (id: string) => string) {
    this.#address = address;
  }

  async start(path: string, body: unknown): Promise<void> {
    this.starting = true;
    this.failure = null;
    this.job = null;
    try {
      this.job = await staffCall<Job>(path, { method: 'POST', body });
      await this.#follow();
    } catch (error) {
      this.failure = error;
    } finally {
      this.starting = false;
    }
  }

  async #follow(): Promise<void> {
    while (this.job && !ENDED.includes(this.job.state) && !this.#stopped) {
      await new Promise((next) => setTimeout(next, ASK_EVERY_MS));
      if (!this.#stopped) this.job = await staffCall<Job>(this.#address(this.job.id));
    }
  }

  /** The page stops asking; the job itself goes on. */
  stop(): void {
    this.#stopped = true;
  }
}
