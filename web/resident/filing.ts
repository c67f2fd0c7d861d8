/** From the draft to the body the API takes, and from an API error back to the step that can mend it. */
import type { ApiError } from '@shared/api/client';
import type { Filing, Service, Unfinished } from '@shared/api/types';
import { nameOf } from '@shared/i18n/i18n.svelte';
import type { Draft } from './queue/report';
import type { Step } from './route.svelte';
import { shownQuestions } from './services/conditions';

type Answer = string | string[];

export function answered(answer: Answer | undefined): boolean {
  return Array.isArray(answer) ? answer.length > 0 : Boolean(answer?.trim());
}

function answersOf(draft: Draft, service: Service): Filing['answers'] {
  const answers: Filing['answers'] = {};
  for (const question of shownQuestions(service, draft.answers)) {
    const answer = draft.answers[question.code];
    if (answer === undefined || !answered(answer)) continue;
    if (Array.isArray(answer)) answers[question.code] = [...answer];
    else if (question.datatype === 'number') answers[question.code] = Number(answer);
    else if (question.datatype === 'datetime') answers[question.code] = new Date(answer).toISOString();
    else answers[question.code] = answer.trim();
  }
  return answers;
}

/** A pin, the district chosen and the address told: whatever is known of the place goes along. */
function placeOf(draft: Draft): Partial<Filing> {
  const place: Partial<Filing> = {};
  if (draft.position) Object.assign(place, { lat: draft.position.lat, lon: draft.position.lon });
  if (draft.address.trim()) place.address = draft.address.trim();
  if (draft.district && !draft.position) place.district = draft.district;
  return place;
}

export const placed = (draft: Draft): boolean => Boolean(draft.position || draft.address.trim() || draft.district);

/** The place in words, as far as there are any. */
export function placeWords(draft: Draft, district: string): string {
  const told = [draft.address.trim(), district].filter(Boolean).join(', ');
  return told || (draft.position ? `${draft.position.lat.toFixed(5)}, ${draft.position.lon.toFixed(5)}` : '');
}

/** `service` and a place are there by now; empty fields are left out rather than sent empty. */
export function filingOf(draft: Draft, service: Service, language: string, now: Date): Filing {
  const body: Filing = {
    service_code: service.code,
    description: draft.description.trim(),
    answers: answersOf(draft, service),
    observed_at: now.toISOString(),
    language,
    ...placeOf(draft),
  };
  if (draft.confidential) body.confidential = true;
  if (draft.sameAs) body.same_as = draft.sameAs;
  const contact = Object.fromEntries(
    Object.entries(draft.contact)
      .map(([key, value]) => [key, value.trim()])
      .filter(([, value]) => value),
  );
  if (Object.keys(contact).length > 0) body.contact = contact;
  return body;
}

/** What is asked of the city before: everything but who asks. */
export function unfinishedOf(draft: Draft, service: Service, media: readonly string[]): Unfinished {
  const body: Unfinished = { service_code: service.code, answers: answersOf(draft, service), ...placeOf(draft) };
  if (draft.description.trim()) body.description = draft.description.trim();
  if (media.length > 0) body.media = [...media];
  return body;
}

/** What is still missing before it can be sent, as the step that asks for it. */
export function missing(draft: Draft, service: Service | null): Step[] {
  const steps: Step[] = [];
  if (!service) steps.push('what');
  if (!placed(draft)) steps.push('where');
  if (service && unanswered(draft, service)) steps.push('details');
  return steps;
}

/** What is under no heading must be told in words; elsewhere the service and the place say enough. */
export const wordsNeeded = (service: Service): boolean => service.network_code === 'other';

const unanswered = (draft: Draft, service: Service): boolean =>
  (wordsNeeded(service) && !draft.description.trim()) ||
  shownQuestions(service, draft.answers).some((one) => one.required && !answered(draft.answers[one.code]));

/** A name to tell a draft by. */
export const titleOf = (draft: Draft, service: Service | null): string =>
  service ? nameOf(service.names) : draft.description.trim().slice(0, 60) || draft.address.trim().slice(0, 60);

const FIELD_STEPS: readonly [RegExp, Step][] = [
  [/service/, 'what'],
  [/lat|lon|address|district|place|position/, 'where'],
  [/description|answers|media|file/, 'details'],
  [/contact/, 'contact'],
];

/** The step whose field the server refused; the last one when it named none. */
export function stepToMend(error: ApiError): Step | null {
  const field = error.field;
  if (!field) return null;
  return FIELD_STEPS.find(([pattern]) => pattern.test(field))?.[1] ?? null;
}
