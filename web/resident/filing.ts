/** From the draft to the body the API takes, and from an API error back to the step that can mend it. */
import type { ApiError } from '@shared/api/client';
import type { Filing, Question } from '@shared/api/types';
import type { Draft } from './queue/report';
import type { Step } from './route.svelte';

type Answer = string | string[];

export function answered(answer: Answer | undefined): boolean {
  return Array.isArray(answer) ? answer.length > 0 : Boolean(answer?.trim());
}

function answersOf(draft: Draft, questions: readonly Question[]): Filing['answers'] {
  const answers: Filing['answers'] = {};
  for (const question of questions) {
    const answer = draft.answers[question.code];
    if (answer === undefined || !answered(answer)) continue;
    if (Array.isArray(answer)) answers[question.code] = [...answer];
    else if (question.datatype === 'number') answers[question.code] = Number(answer);
    else if (question.datatype === 'datetime') answers[question.code] = new Date(answer).toISOString();
    else answers[question.code] = answer.trim();
  }
  return answers;
}

/** `service` and a place are there by now; empty fields are left out rather than sent empty. */
export function filingOf(draft: Draft, questions: readonly Question[], language: string, now: Date): Filing {
  const body: Filing = {
    service_code: draft.service ?? '',
    description: draft.description.trim(),
    answers: answersOf(draft, questions),
    observed_at: now.toISOString(),
    language,
  };
  if (!draft.words && draft.position) Object.assign(body, draft.position);
  if (draft.words && draft.address.trim()) body.address = draft.address.trim();
  if (draft.words && draft.district) body.district = draft.district;
  const contact = Object.fromEntries(
    Object.entries(draft.contact)
      .map(([key, value]) => [key, value.trim()])
      .filter(([, value]) => value),
  );
  if (Object.keys(contact).length > 0) body.contact = contact;
  return body;
}

const FIELD_STEPS: readonly [RegExp, Step][] = [
  [/service/, 'what'],
  [/lat|lon|address|district|place|position/, 'where'],
  [/description|answers|media|file/, 'details'],
];

/** The step whose field the server refused; the last one when it named none. */
export function stepToMend(error: ApiError): Step | null {
  const field = error.field;
  if (!field) return null;
  return FIELD_STEPS.find(([pattern]) => pattern.test(field))?.[1] ?? null;
}
