/** One job: as it was last seen, what is typed, and what waits for a line. Everything survives closing the page. */
import { ApiError, call } from '@shared/api/client';
import { newKey } from '../offline/key';
import { shrink } from '../resident/photos/shrink';
import type { JobPage, Outcome } from './shapes';
import { forget, keyOf, read, write, type Kept, type Waiting } from './store';

const JOB = '/api/v1/job';
const AGAIN_MS = 15_000;
const SILENCE_MS = 20_000;
export const MOST_PHOTOS = 5;

export interface ShownPhoto {
  key: string;
  url: string;
}

const nothing = (): Waiting => ({ report: 'done', note: '', photos: [] });

export class Job {
  page = $state.raw<JobPage | null>(null);
  seenAt = $state(0);
  /** Why there is nothing to show, or why what was told was refused. */
  problem = $state.raw<unknown>(null);
  over = $state(false);
  /** What was told and has not arrived yet. */
  waitsFor = $state<Outcome | null>(null);
  sending = $state(false);
  note = $state('');
  photos = $state.raw<ShownPhoto[]>([]);
  pictures = $state.raw<string[]>([]);
  #token: string;
  #kept: Kept | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(token: string) {
    this.#token = token;
  }

  get #headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.#token}` };
  }

  async start(): Promise<void> {
    this.#kept = await read(await keyOf(this.#token));
    this.#show();
    addEventListener('online', () => void this.refresh());
    await this.refresh();
  }

  /** Tells what waits, then asks how the job stands; without a line both wait for the next time. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await this.#send();
      await this.#seen(await call<JobPage>(JOB, { headers: this.#headers, within: SILENCE_MS }));
      await this.#fetchPictures();
    } catch (error) {
      await this.#failed(error);
    }
  }

  async type(note: string): Promise<void> {
    this.note = note;
    await this.#draft((draft) => ({ ...draft, note }));
  }

  async addPhoto(file: File): Promise<void> {
    const blob = await shrink(file);
    await this.#draft((draft) => ({ ...draft, photos: [...draft.photos, { blob, media: null }] }));
  }

  async removePhoto(index: number): Promise<void> {
    await this.#draft((draft) => ({ ...draft, photos: draft.photos.filter((_, at) => at !== index) }));
  }

  /** Kept on the phone first, so that it is told however long the line is away. */
  async tell(report: Outcome): Promise<void> {
    if (!this.#kept) return;
    const draft = this.#kept.draft ?? nothing();
    const said: Waiting = report === 'started' ? { report, note: '', photos: [] } : { ...draft, report };
    await this.#keep({ waiting: said, draft: report === 'started' ? this.#kept.draft : null });
    this.problem = null;
    await this.refresh();
  }

  async #send(): Promise<void> {
    let waiting = this.#kept?.waiting;
    if (!waiting || this.sending) return;
    this.sending = true;
    try {
      for (const [index, photo] of waiting.photos.entries()) {
        if (photo.media) continue;
        const media = await this.#upload(photo.blob);
        const photos: Waiting['photos'] = waiting.photos.map((one, at) => (at === index ? { ...one, media } : one));
        waiting = { ...waiting, photos };
        await this.#keep({ waiting });
      }
      const body = { report: waiting.report, note: waiting.note || null, media: waiting.photos.map((one) => one.media) };
      const page = await call<JobPage>(JOB, { method: 'POST', headers: this.#headers, body, within: SILENCE_MS });
      await this.#keep({ waiting: null });
      await this.#seen(page);
    } finally {
      this.sending = false;
    }
  }

  async #upload(blob: Blob): Promise<string> {
    const city = this.#token.split('.')[0] ?? '';
    const form = new FormData();
    form.append('file', blob, 'photo.jpg');
    const path = `/api/v1/cities/${encodeURIComponent(city)}/media`;
    return (await call<{ id: string }>(path, { method: 'POST', body: form, within: 4 * SILENCE_MS })).id;
  }

  async #failed(error: unknown): Promise<void> {
    const known = error instanceof ApiError ? error : null;
    if (known?.uncertain) {
      this.#timer = setTimeout(() => void this.refresh(), known.retryAfter ? known.retryAfter * 1000 : AGAIN_MS);
      if (!this.page) this.problem = error;
      return;
    }
    if (known?.status === 404 && this.#kept) {
      this.over = true;
      this.page = null;
      await forget(this.#kept.key);
      return;
    }
    await this.#givenBack(known);
    this.problem = error;
  }

  /** What was refused becomes the draft again; pictures the city no longer holds will be sent anew. */
  async #givenBack(error: ApiError | null): Promise<void> {
    const waiting = this.#kept?.waiting;
    if (!waiting) return;
    const lost = error?.code === 'photo_not_usable';
    const photos = waiting.photos.map((photo) => (lost ? { ...photo, media: null } : photo));
    if (lost) {
      await this.#keep({ waiting: { ...waiting, photos } });
      this.#timer = setTimeout(() => void this.refresh(), 0);
      return;
    }
    await this.#keep({ waiting: null, draft: { ...waiting, photos } });
  }

  async #seen(page: JobPage): Promise<void> {
    this.problem = null;
    await this.#keep({ seen: page, seenAt: Date.now() });
  }

  async #draft(change: (draft: Waiting) => Waiting): Promise<void> {
    await this.#keep({ draft: change(this.#kept?.draft ?? nothing()) });
  }

  async #keep(change: Partial<Kept>): Promise<void> {
    if (!this.#kept) return;
    this.#kept = { ...this.#kept, ...change };
    await write(this.#kept);
    this.#show();
  }

  #show(): void {
    const kept = this.#kept;
    if (!kept) return;
    this.page = kept.seen;
    this.seenAt = kept.seenAt;
    this.waitsFor = kept.waiting?.report ?? null;
    this.note = kept.draft?.note ?? '';
    this.photos.forEach(({ url }) => URL.revokeObjectURL(url));
    this.photos = (kept.draft?.photos ?? []).map(({ blob }) => ({ key: newKey(), url: URL.createObjectURL(blob) }));
  }

  /** Pictures need the token in a header, which an `<img>` cannot send. */
  async #fetchPictures(): Promise<void> {
    const wanted = this.page?.photos ?? [];
    if (wanted.length === this.pictures.length) return;
    const found = await Promise.all(
      wanted.map(async ({ url }) => {
        const answer = await fetch(url, { headers: this.#headers }).catch(() => null);
        return answer?.ok ? URL.createObjectURL(await answer.blob()) : null;
      }),
    );
    this.pictures.forEach((url) => URL.revokeObjectURL(url));
    this.pictures = found.filter((url): url is string => url !== null);
  }
}
