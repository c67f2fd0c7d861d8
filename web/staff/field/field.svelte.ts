/** Today's jobs on a phone that may have no line: as they were last seen, with what was done here meanwhile. */
import { ApiError } from '@shared/api/client';
import type { City } from '@shared/api/types';
import { newKey } from '../../offline/key';
import { shrink } from '../../resident/photos/shrink';
import { at as addresses } from '../addresses';
import { refreshAccount, staffCall } from '../session.svelte';
import type { Account } from '../shapes';
import { announce, onMovesChange, sendMoves, type MoveAnswer } from './sender';
import type { FieldJob, FieldMove, KeptDraft, KeptMove, KeptToday, Today, Whose } from './shapes';
import { field, forgetOld, keepOnlyPictures, keepPerson } from './store';
import { askForSync } from './sync';

const SILENCE_MS = 20_000;
const AGAIN_MS = 15_000;
/** A picture may have parts hidden after it was fetched, so it is fetched anew now and then. */
const PICTURE_FRESH_MS = 3_600_000;
export const MOST_PHOTOS = 5;

export class Field {
  seen = $state.raw<KeptToday | null>(null);
  moves = $state.raw<KeptMove[]>([]);
  drafts = $state.raw<ReadonlyMap<string, KeptDraft>>(new Map());
  /** Addresses of the small pictures that lie on this phone, by the picture's id. */
  pictures = $state.raw<ReadonlyMap<string, string>>(new Map());
  whose = $state<Whose>('mine');
  loading = $state(true);
  /** True while the last answer that was asked for did not come. */
  offline = $state(!navigator.onLine);
  failure = $state.raw<unknown>(null);
  readonly #account: Account;
  readonly #city: City;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(account: Account, city: City) {
    this.#account = account;
    this.#city = city;
  }

  get owner(): string {
    return this.#account.username;
  }
  /** What is not with the city yet, in the order it was done. */
  get waiting(): KeptMove[] {
    return this.moves.filter((one) => one.state === 'waiting' || one.state === 'sending');
  }
  get refused(): KeptMove[] {
    return this.moves.filter((one) => one.state === 'refused');
  }
  get sent(): KeptMove[] {
    return this.moves.filter((one) => one.state === 'sent').sort((one, other) => (other.sentAt ?? 0) - (one.sentAt ?? 0));
  }

  /** How a job stands when everything that waits has been made. */
  statusOf(job: FieldJob): string {
    const seenAt = this.seen?.seenAt ?? 0;
    const made = this.moves.filter(
      (one) => one.reference === job.reference && one.state !== 'refused' && (one.sentAt === null || one.sentAt > seenAt),
    );
    return made.reverse().find((one) => one.ends !== null)?.ends ?? job.status;
  }
  movesOf(job: FieldJob): FieldMove[] {
    if (!job.yours_to_move) return [];
    const status = this.statusOf(job);
    return (this.seen?.moves ?? []).filter((one) => one.starts.includes(status));
  }

  /** Until the returned function is called. */
  start(): () => void {
    const leave = onMovesChange((answer) => void this.#changed(answer));
    const back = (): void => void this.refresh(true);
    const gone = (): void => void (this.offline = true);
    addEventListener('online', back);
    addEventListener('offline', gone);
    void this.#begin();
    return () => {
      this.#stopped = true;
      clearTimeout(this.#timer);
      leave();
      removeEventListener('online', back);
      removeEventListener('offline', gone);
      this.pictures.forEach((url) => URL.revokeObjectURL(url));
    };
  }

  async #begin(): Promise<void> {
    await forgetOld();
    await keepPerson(this.#person());
    this.drafts = new Map((await field.all('drafts')).map((one) => [one.key, one]));
    await this.#readMoves();
    await this.#show();
    await this.refresh(true);
  }

  #person(): { account: Account; city: City } {
    return { account: $state.snapshot(this.#account) as Account, city: $state.snapshot(this.#city) as City };
  }

  async choose(whose: Whose): Promise<void> {
    this.whose = whose;
    this.seen = null;
    this.loading = true;
    await this.#show();
    await this.refresh();
  }

  /** Sends what waits, then asks how the jobs stand; without a line both wait for the next time. */
  async refresh(force = false): Promise<void> {
    clearTimeout(this.#timer);
    const ended = await sendMoves({ force });
    // Asking who is signed in leads to the sign-in where nobody is any more.
    if (ended === 'not_signed_in') await refreshAccount().catch(() => undefined);
    const whose = this.whose;
    try {
      const query = { whose };
      const today = await staffCall<Today>(addresses.today, { query, within: SILENCE_MS });
      // Whoever signed out meanwhile left nothing here, and nothing comes back.
      if (this.#stopped) return;
      const kept: KeptToday = { ...today, key: whose, seenAt: Date.now() };
      await field.put('today', kept);
      await keepPerson(this.#person(), kept.seenAt);
      this.offline = false;
      this.failure = null;
      if (whose === this.whose) await this.#show();
      await this.#fetchPictures(today.jobs);
    } catch (error) {
      this.offline = error instanceof ApiError && error.uncertain;
      this.failure = this.offline && this.seen ? null : error;
    } finally {
      this.loading = false;
    }
    const due = this.waiting.length > 0 || this.offline;
    if (due && !this.#stopped) this.#timer = setTimeout(() => void this.refresh(), AGAIN_MS);
  }

  async #show(): Promise<void> {
    const kept = await field.get('today', this.whose);
    this.seen = kept;
    if (kept) await this.#showPictures(kept.jobs);
  }

  async #changed(answer: MoveAnswer | null): Promise<void> {
    if (answer) {
      const change = (job: FieldJob): FieldJob =>
        job.reference === answer.reference
          ? { ...job, status: answer.status, version: answer.version, next_due_at: answer.next_due_at }
          : job;
      for (const whose of ['mine', 'department']) {
        await field.update('today', whose, (one) => ({ ...one, jobs: one.jobs.map(change) }));
      }
      if (this.seen) this.seen = { ...this.seen, jobs: this.seen.jobs.map(change) };
    }
    await this.#readMoves();
  }

  async #readMoves(): Promise<void> {
    const own = (await field.all('moves')).filter((one) => one.owner === this.owner);
    this.moves = own.sort((one, other) => one.queuedAt - other.queuedAt);
  }

  draftOf(reference: string, move: string): KeptDraft {
    const kept = this.drafts.get(reference);
    return kept ? { ...kept, move } : { key: reference, owner: this.owner, move, reason: '', note: '', photos: [], at: Date.now() };
  }
  async keepDraft(draft: KeptDraft): Promise<void> {
    this.drafts = new Map(this.drafts).set(draft.key, draft);
    await field.put('drafts', { ...draft, at: Date.now() });
  }
  async dropDraft(reference: string): Promise<void> {
    const left = new Map(this.drafts);
    left.delete(reference);
    this.drafts = left;
    await field.remove('drafts', reference);
  }
  /** Fails with `NotAPhoto`, or where the phone is full. */
  async addPhoto(draft: KeptDraft, file: File): Promise<KeptDraft> {
    const next = { ...draft, photos: [...draft.photos, { blob: await shrink(file), media: null }] };
    await this.keepDraft(next);
    return next;
  }

  /** Kept on the phone first, so that it is made however long the line is away. */
  async make(job: FieldJob, move: FieldMove, draft: KeptDraft): Promise<void> {
    const has = (name: string): boolean => move.fields.some((one) => one === name);
    // The worker may have sent what came before without this page having read the job again.
    const before = (await field.all('moves')).filter((one) => one.reference === job.reference && one.state === 'sent');
    await field.put('moves', {
      key: newKey(),
      owner: this.owner,
      city: this.#city.id,
      reference: job.reference,
      serviceNames: job.service.names,
      move: move.move,
      ends: move.ends,
      reason: has('reason') ? draft.reason : '',
      note: has('note') ? draft.note : '',
      photos: draft.photos,
      version: Math.max(job.version, ...before.map((one) => one.version)),
      attempted: null,
      queuedAt: this.#nextInLine(),
      state: 'waiting',
      tries: 0,
      tryAt: 0,
      trouble: null,
      sentAt: null,
    });
    await this.dropDraft(job.reference);
    await this.#sendSoon();
  }

  /** Two moves within one millisecond keep their order. */
  #nextInLine(): number {
    return Math.max(Date.now(), ...this.moves.map((one) => one.queuedAt + 1));
  }

  /** The person has seen what changed and wants it all the same: a new try upon the version there is now. */
  async makeAgain(refused: KeptMove, move = refused.move, ends = refused.ends): Promise<void> {
    await field.remove('moves', refused.key);
    const job = this.seen?.jobs.find((one) => one.reference === refused.reference);
    const version = Math.max(refused.trouble?.version ?? 0, job?.version ?? 0, refused.version);
    await field.put('moves', {
      ...refused,
      key: newKey(),
      move,
      ends,
      reason: move === refused.move ? refused.reason : '',
      version,
      attempted: null,
      state: 'waiting',
      tries: 0,
      tryAt: 0,
      trouble: null,
    });
    await this.#sendSoon();
  }

  /** Back into the job's form, with everything typed and photographed. */
  async takeBack(move: KeptMove): Promise<void> {
    const { reference, reason, note, photos } = move;
    await this.keepDraft({ key: reference, owner: this.owner, move: move.move, reason, note, photos, at: Date.now() });
    await this.discard(move);
  }
  async discard(move: KeptMove): Promise<void> {
    await field.remove('moves', move.key);
    announce();
  }

  async #sendSoon(): Promise<void> {
    announce();
    await this.#readMoves();
    void askForSync();
    void this.refresh(true);
  }

  async #fetchPictures(jobs: readonly FieldJob[]): Promise<void> {
    const wanted = jobs.flatMap((job) => job.photos);
    const other = await field.get('today', this.whose === 'mine' ? 'department' : 'mine');
    const also = other?.jobs.flatMap((job) => job.photos) ?? [];
    await keepOnlyPictures(new Set([...wanted, ...also].map(({ id }) => id)));
    for (const { id, thumbnail_url } of wanted) {
      const kept = await field.get('pictures', id);
      if (kept && Date.now() - kept.at < PICTURE_FRESH_MS) continue;
      const answer = await fetch(thumbnail_url).catch(() => null);
      if (answer === null || this.#stopped) return;
      if (answer.ok) await field.put('pictures', { key: id, blob: await answer.blob(), at: Date.now() });
      else await field.remove('pictures', id);
    }
    if (this.seen) await this.#showPictures(this.seen.jobs);
  }

  async #showPictures(jobs: readonly FieldJob[]): Promise<void> {
    const shown = new Map<string, string>();
    for (const { id } of jobs.flatMap((job) => job.photos)) {
      const kept = await field.get('pictures', id);
      if (kept) shown.set(id, URL.createObjectURL(kept.blob));
    }
    this.pictures.forEach((url) => URL.revokeObjectURL(url));
    this.pictures = shown;
  }
}
