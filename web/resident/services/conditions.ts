/** What is asked and what is said after the answers given so far; the city decides the same again on receipt. */
import type { Question, Service, ShownWhen, StopNotice } from '@shared/api/types';

type Answers = Record<string, string | string[]>;

/** Each question named was answered with one of its keys; nothing named holds always. */
export function holds(wanted: ShownWhen | undefined, answers: Answers): boolean {
  return Object.entries(wanted ?? {}).every(([code, keys]) =>
    [answers[code] ?? []].flat().some((answer) => keys.includes(answer)),
  );
}

/** In order: an answer to a question that is itself not shown decides nothing. */
export function shownQuestions(service: Service, answers: Answers): Question[] {
  const given: Answers = {};
  const shown: Question[] = [];
  for (const question of service.questions) {
    if (!holds(question.shown_when, given)) continue;
    shown.push(question);
    const answer = answers[question.code];
    if (answer !== undefined) given[question.code] = answer;
  }
  return shown;
}

export function shownNotices(service: Service, answers: Answers): StopNotice[] {
  const given = Object.fromEntries(
    shownQuestions(service, answers).flatMap(({ code }) => {
      const answer = answers[code];
      return answer === undefined ? [] : [[code, answer]];
    }),
  );
  return (service.stop_notices ?? []).filter((notice) => holds(notice.shown_when, given));
}
