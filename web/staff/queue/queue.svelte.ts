/**
 * The rows on screen: a page at a time by cursor, refreshed by what the server tells live, without losing the
 * person's place.
 *
 * A refresh reads the head of the list again (as many rows as are shown, at most one page of the API) and keeps
 * what was loaded behind it, so rows neither jump nor appear twice.
 */
import { ApiError, paths } from '@shared/api/client';
import { recall, remember } from '@shared/storage';
import { at } from '../addresses';
import { staffCall } from '../session.svelte';
import type { Row } from '../shapes';
import { NARROWING, NO_FILTERS, queryOf, type Filters, type View } from './filters';

interface Page {
  requests: Row[];
  next_cursor: string | null;
}
export type Counts = Partial<Record<View, number | null>> & { counted_up_to?: number };

const PAGE = 50;
const LARGEST_PAGE = 200;
const COUNTS_AT_MOST_EVERY_MS = 4_000;
const TYPING_MS = 300;
const AGAIN_MS = 5_000;
const STORE = 'nagara.filters';

const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;

export class Queue {
  rows = $state.raw<Row[]>([]);
  counts = $state.raw<Counts>({});
  cursor = $state.raw<string | null>(null);
  loading = $state(true);
  failure = $state.raw<unknown>(null);
  /** When the server last answered, in milliseconds; null before the first answer. */
  answeredAt = $state<number | null>(null);
  stale = $state(false);
  /** References that came in since the list was first shown with these filters. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  filters: Filters;
  readonly narrowed = $derived.by(() => NARROWING.filter((name) => Boolean(this.filters[name])));

  readonly timeZone: () => string;
  readonly #keepPlace: (change: () => void) => void;
  #known = new Set<string>();
  #turn = 0;
  #countsAt = 0;
  #countsLater: ReturnType<typeof setTimeout> | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;

  /** `keepPlace` runs a change of the rows so that the row under the eye stays where it is. */
  constructor(timeZone: () => string, keepPlace: (change: () => void) => void) {
    this.timeZone = timeZone;
    this.#keepPlace = keepPlace;
    this.filters = $state({ ...NO_FILTERS, ...recall<Partial<Filters>>('session', STORE) });
  }

  #ask(limit: number, cursor: string | null): Promise<Page> {
    const query = { ...queryOf(this.filters, this.timeZone()), limit, cursor };
    return staffCall<Page>(paths.staffQueue, { query });
  }

  /** Shows a view or a saved filter from its top. */
  show(filters: Partial<Filters>): void {
    Object.assign(this.filters, NO_FILTERS, { sort: this.filters.sort, order: this.filters.order }, filters);
    void this.reload();
  }

  /** From the top once nobody types any more. */
  reloadSoon(): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.reload(), TYPING_MS);
  }

  /** From the top, after the filters changed. */
  async reload(): Promise<void> {
    clearTimeout(this.#typing);
    const turn = ++this.#turn;
    remember('session', STORE, $state.snapshot(this.filters));
    this.loading = true;
    this.failure = null;
    void this.count();
    try {
      const page = await this.#ask(PAGE, null);
      if (turn !== this.#turn) return;
      this.rows = page.requests;
      this.cursor = page.next_cursor;
      this.#known = new Set(page.requests.map((row) => row.reference));
      this.fresh = new Set();
      this.#answered();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.failure = error;
      // A server that is away or overrun comes back: nobody needs to notice that the list did not.
      if (!isRefusal(error)) this.#typing = setTimeout(() => void this.reload(), AGAIN_MS);
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
      this.#answered();
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
    void this.count();
    try {
      const page = await this.#ask(limit, null);
      if (turn !== this.#turn) return;
      this.failure = null;
      this.#keepPlace(() => this.#merge(page, limit));
      this.#answered();
    } catch (error) {
      if (turn !== this.#turn || !(error instanceof ApiError)) return;
      // A server that says what is wrong with the question is there: a lost line is no answer, or a broken one.
      if (isRefusal(error)) this.failure = error;
      else this.stale = true;
    }
  }

  /** How many requests these filters find; counted up to one more than `most`. */
  async total(most: number): Promise<number> {
    const filters = queryOf(this.filters, this.timeZone());
    let found = 0;
    let cursor: string | null = null;
    do {
      const query = { ...filters, limit: LARGEST_PAGE, cursor };
      const page: Page = await staffCall<Page>(paths.staffQueue, { query });
      found += page.requests.length;
      cursor = page.next_cursor;
    } while (cursor !== null && found <= most);
    return Math.min(found, most + 1);
  }

  /** The figures beside the views; many changes in a row ask once. */
  async count(): Promise<void> {
    const wait = this.#countsAt + COUNTS_AT_MOST_EVERY_MS - Date.now();
    clearTimeout(this.#countsLater);
    if (wait > 0) {
      this.#countsLater = setTimeout(() => void this.count(), wait);
      return;
    }
    this.#countsAt = Date.now();
    try {
      this.counts = await staffCall<Counts>(at.counts);
    } catch {
      // The views work without their figures; the next change asks again.
    }
  }

  /** Marks what arrived as seen. */
  seen(): void {
    this.fresh = new Set();
  }

  #merge(page: Page, limit: number): void {
    const head = new Set(page.requests.map((row) => row.reference));
    const behind = page.next_cursor ? this.rows.slice(limit).filter((row) => !head.has(row.reference)) : [];
    const arrived = page.requests.filter((row) => !this.#known.has(row.reference)).map((row) => row.reference);
    if (arrived.length > 0) this.fresh = new Set([...this.fresh, ...arrived]);
    for (const reference of arrived) this.#known.add(reference);
    this.rows = [...page.requests, ...behind];
    if (behind.length === 0) this.cursor = page.next_cursor;
  }

  #answered(): void {
    this.answeredAt = Date.now();
    this.stale = false;
  }
}
