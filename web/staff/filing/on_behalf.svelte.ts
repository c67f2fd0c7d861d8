/** A report that staff write down for somebody else: what is written so far, what the city says of it, and sending it. */
import { ApiError, call, paths } from '@shared/api/client';
import type { Checked, Filed, Service } from '@shared/api/types';
import { t } from '@shared/i18n/i18n.svelte';
import { errorWords } from '@shared/errors';
import { at } from '../addresses';
import { signedIn, staffCall } from '../session.svelte';

export const CHANNELS = ['phone', 'counter', 'letter', 'email', 'chat', 'social', 'inspection'] as const;
export type Channel = (typeof CHANNELS)[number];
export type Answer = string | string[];
/** The private page is the reporter's alone. */
export type FiledOnBehalf = Omit<Filed, 'token' | 'page_url'>;

interface Words {
  channel: Channel;
  service: string;
  description: string;
  answers: Record<string, Answer>;
  address: string;
  district: string;
  position: { lat: number; lon: number } | null;
  name: string;
  phone: string;
  email: string;
  language: string;
  confidential: boolean;
  sameAs: string;
}
const empty = (): Words => ({
  channel: 'phone', service: '', description: '', answers: {}, address: '', district: '', position: null,
  name: '', phone: '', email: '', language: '', confidential: false, sameAs: '',
});
const given = (fields: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value.trim()]).filter(([, value]) => value));

/** Where in the form a field of the API stands: `contact.phone` at `phone`, both coordinates at the place. */
function placeOf(field: string): string {
  if (field.startsWith('answers.')) return field;
  const last = field.split('.').at(-1) ?? field;
  return ['lat', 'lon', 'lat,lon', 'position'].includes(last) ? 'address' : last;
}

/** Kept while the page is open, so that a dialog closed by mistake costs the caller nothing; its writer's alone. */
class OnBehalf {
  words = $state<Words>(empty());
  media = $state.raw<string[]>([]);
  checked = $state.raw<Checked | null>(null);
  problems = $state<Record<string, string>>({});
  failure = $state.raw<unknown>(null);
  busy = $state(false);
  filed = $state.raw<FiledOnBehalf | null>(null);
  #writer = '';
  #key = crypto.randomUUID();

  clear(): void {
    this.words = empty();
    this.media = [];
    this.checked = this.filed = this.failure = null;
    this.problems = {};
    this.#key = crypto.randomUUID();
  }

  /** What somebody else began on this computer is not shown to the next. */
  open(): void {
    const writer = signedIn()?.username ?? '';
    if (writer !== this.#writer || this.filed) this.clear();
    // Pictures are shown by the dialog that sent them, and gone with it.
    this.media = [];
    this.#writer = writer;
  }

  choose(service: string): void {
    this.words.service = service;
    this.words.answers = {};
    this.words.sameAs = '';
    this.checked = null;
    delete this.problems.service_code;
  }

  /** The questions that are asked after the answers given so far; the city says which. */
  questions(service: Service | undefined): Service['questions'] {
    const codes = this.checked?.questions;
    return (service?.questions ?? []).filter((one) => (codes ? codes.includes(one.code) : !one.shown_when));
  }

  #report(): Record<string, unknown> {
    const { words } = this;
    const answers = Object.fromEntries(Object.entries(words.answers).filter(([, value]) => value.length > 0));
    return {
      service_code: words.service,
      description: words.description.trim(),
      answers,
      ...given({ address: words.address, district: words.district, language: words.language }),
      ...words.position,
      ...(this.media.length > 0 && { media: this.media }),
    };
  }

  /** What would become of it: the department, notices to read out, and reports of the same nearby. Never writes. */
  async check(city: string, signal: AbortSignal): Promise<void> {
    try {
      const checked = await call<Checked>(paths.check(city), { method: 'POST', body: this.#report(), signal });
      if (!signal.aborted) this.checked = checked;
    } catch {
      // Filing says all of it again; without this the form is only less helpful.
    }
  }

  /** What is missing before anything is sent; the first of it is returned. */
  look(service: Service | undefined): string | null {
    const { words } = this;
    const missing: Record<string, string> = {};
    if (!words.service) missing.service_code = t('details.required');
    for (const one of this.questions(service)) {
      if (one.required && !(words.answers[one.code]?.length ?? 0)) missing[`answers.${one.code}`] = t('details.required');
    }
    if (!words.address.trim() && !words.district && !words.position) missing.address = t('where.needed');
    this.problems = missing;
    return Object.keys(missing)[0] ?? null;
  }

  /** Files it; what is wrong stands in `problems` at its field, or in `failure`. Returns the first field to mend. */
  async file(): Promise<string | null> {
    const { words } = this;
    this.busy = true;
    this.failure = null;
    const contact = given({ name: words.name, phone: words.phone, email: words.email });
    const body = {
      ...this.#report(),
      channel: words.channel,
      confidential: words.confidential,
      ...(Object.keys(contact).length > 0 && { contact }),
      ...(words.sameAs && { same_as: words.sameAs }),
    };
    try {
      const headers = { 'Idempotency-Key': this.#key };
      this.filed = await staffCall<FiledOnBehalf>(at.onBehalf, { method: 'POST', body, headers });
      return null;
    } catch (error) {
      return this.#refused(error);
    } finally {
      this.busy = false;
    }
  }

  #refused(error: unknown): string | null {
    // Where nobody knows whether it was taken, the same key makes sending it again harmless.
    if (error instanceof ApiError && !error.uncertain) this.#key = crypto.randomUUID();
    const place = error instanceof ApiError && error.field ? placeOf(error.field) : null;
    if (place) this.problems = { [place]: errorWords(error) };
    if (!place || document.getElementById(fieldId(place)) === null) this.failure = error;
    return place;
  }
}

export const onBehalf = new OnBehalf();
export const fieldId = (field: string): string => `behalf-${field.replace('answers.', 'question-')}`;
