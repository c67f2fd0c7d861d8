/**
 * The rows on screen: a page at a time by cursor, refreshed by polling without losing the person's place.
 *
 * A refresh reads the head of the list again (as many rows as are shown, at most one page of the API) and keeps
 * what was loaded behind it, so rows neither jump nor appear twice.
 */
import { ApiError, paths } from '@shared/api/client';
import type { QueueCounts, QueuePage, QueueRow } from '@shared/api/types';
import { recall, remember } from '@shared/storage';
import { staffCall } from '../session.svelte';
import { NO_FILTERS, queryOf, type Filters } from './filters';

const PAGE = 50;
const LARGEST_PAGE = 200;
const REFRESH_MS = 10_000;
const STORE = 'nagara.filters';

export class Queue {
  rows = $state.raw<QueueRow[]>([]);
  counts = $state.raw<QueueCounts | null>(null);
  cursor = $state.raw<string | null>(null);
  loading = $state(true);
  failure = $state.raw<unknown>(null);
  /** When the server last answered, in milliseconds; null before the first answer. */
  answeredAt = $state<number | null>(null);
  stale = $state(false);
  /** References that came in since the list was first shown with these filters. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  filters: Filters;

  readonly #timeZone: () => string;
  readonly #keepPlace: (change: () => void) => void;
  #known = new Set<string>();
  #turn = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  /** `keepPlace` runs a change of the rows so that the row under the eye stays where it is. */
  constructor(timeZone: () => string, keepPlace: (change: () => void) => void) {
    this.#timeZone = timeZone;
    this.#keepPlace = keepPlace;
    this.filters = $state({ ...NO_FILTERS, ...recall<Filters>('session', STORE) });
  }

  start(): () => void {
    void this.reload();
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, REFRESH_MS);
    const wake = (): void => {
      if (!document.hidden) void this.refresh();
    };
    document.addEventListener('visibilitychange', wake);
    return () => {
      if (this.#timer) clearInterval(this.#timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }

  /** Counting reads every open request, so it comes with the head of the list only. */
  #ask(limit: number, cursor: string | null): Promise<QueuePage> {
    const counts = cursor === null;
    const query = { ...queryOf(this.filters, new Date(), this.#timeZone()), limit, cursor, counts };
    return staffCall<QueuePage>(paths.staffQueue, { query });
  }

  /** From the top, after the filters changed. */
  async reload(): Promise<void> {
    const turn = ++this.#turn;
    remember('session', STORE, $state.snapshot(this.filters));
    this.loading = true;
    this.failure = null;
    try {
      const page = await this.#ask(PAGE, null);
      if (turn !== this.#turn) return;
      this.rows = page.requests;
      this.cursor = page.next_cursor;
      this.#known = new Set(page.requests.map((row) => row.reference));
      this.fresh = new Set();
      this.#answered(page);
    } catch (error) {
      if (turn === this.#turn) this.failure = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }

  async more(): Promise<void> {
    if (!this.cursor || this.loading) return;
    const turn = ++this.#turn;
    this.loading = true;
    try {
      const page = await this.#ask(PAGE, this.cursor);
      if (turn !== this.#turn) return;
      const shown = new Set(this.rows.map((row) => row.reference));
      this.rows = [...this.rows, ...page.requests.filter((row) => !shown.has(row.reference))];
      this.cursor = page.next_cursor;
      for (const row of page.requests) this.#known.add(row.reference);
      this.#answered(page);
    } catch (error) {
      if (turn === this.#turn) this.failure = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }

  async refresh(): Promise<void> {
    if (this.loading) return;
    const turn = this.#turn;
    const limit = Math.min(Math.max(this.rows.length, PAGE), LARGEST_PAGE);
    try {
      const page = await this.#ask(limit, null);
      if (turn !== this.#turn) return;
      this.failure = null;
      this.#keepPlace(() => this.#merge(page, limit));
      this.#answered(page);
    } catch (error) {
      if (turn === this.#turn && error instanceof ApiError) this.stale = true;
    }
  }

  #merge(page: QueuePage, limit: number): void {
    const head = new Set(page.requests.map((row) => row.reference));
    const behind = page.next_cursor ? this.rows.slice(limit).filter((row) => !head.has(row.reference)) : [];
    const arrived = page.requests.filter((row) => !this.#known.has(row.reference)).map((row) => row.reference);
    if (arrived.length > 0) this.fresh = new Set([...this.fresh, ...arrived]);
    for (const reference of arrived) this.#known.add(reference);
    this.rows = [...page.requests, ...behind];
    if (behind.length === 0) this.cursor = page.next_cursor;
  }

  #answered(page: QueuePage): void {
    if (page.counts) this.counts = page.counts;
    this.answeredAt = Date.now();
    this.stale = false;
  }
}
