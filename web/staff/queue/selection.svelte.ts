/** Which rows a bulk move or an export is for: ticked ones, or everything the filter finds. */
export class Selection {
  references = $state.raw<ReadonlySet<string>>(new Set());
  /** True: every request of the filter, also those not loaded. */
  all = $state(false);
  #last: string | null = null;

  get empty(): boolean {
    return !this.all && this.references.size === 0;
  }

  has(reference: string): boolean {
    return this.all || this.references.has(reference);
  }

  toggle(reference: string): void {
    const next = new Set(this.references);
    if (next.has(reference)) next.delete(reference);
    else next.add(reference);
    this.references = next;
    this.all = false;
    this.#last = reference;
  }

  /** From the row ticked last to this one, as rows stand on the screen. */
  extend(reference: string, order: readonly string[]): void {
    const from = this.#last === null ? -1 : order.indexOf(this.#last);
    const to = order.indexOf(reference);
    if (from < 0 || to < 0) return this.toggle(reference);
    const between = order.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.references = new Set([...this.references, ...between]);
    this.#last = reference;
  }

  add(references: readonly string[]): void {
    this.references = new Set([...this.references, ...references]);
  }

  everything(): void {
    this.all = true;
  }

  clear(): void {
    this.references = new Set();
    this.all = false;
    this.#last = null;
  }
}
