/**
 * Which services words may mean, from the city's own names and keywords alone: what is offered without a line.
 *
 * Scripts without blanks need no cutting into words: a keyword counts wherever it stands in the text, and longer ones
 * count more. With a line the city's model is asked instead.
 */
import type { Service } from '@shared/api/types';

export const MOST_SUGGESTIONS = 3;
/** Below this many characters nearly every service fits. */
export const LEAST_LETTERS = 2;
const LATIN = /^[\p{Script=Latin}\d\s'-]+$/u;
const NAME_WEIGHT = 0.6;

/** Small letters without the accents of Latin scripts; marks of other scripts are letters there and stay. */
export const fold = (words: string): string =>
  words.normalize('NFD').replaceAll(/[\u0300-\u036f]/g, '').normalize('NFC').toLowerCase().replaceAll('đ', 'd');

/** Latin words begin at a border, or "bin" would be found in "cabinet". */
function holds(text: string, word: string): boolean {
  if (!LATIN.test(word)) return text.includes(word);
  const at = ` ${text.replaceAll(/[^\p{L}\p{N}]+/gu, ' ')} `;
  return at.includes(` ${word}`);
}

/** Share of the letter pairs of a name that stand in the text: bears other endings, and scripts without blanks. */
function overlap(text: string, name: string): number {
  const pairs = new Set<string>();
  for (let at = 0; at + 2 <= name.length; at += 1) pairs.add(name.slice(at, at + 2));
  if (pairs.size === 0) return 0;
  return [...pairs].filter((pair) => text.includes(pair)).length / pairs.size;
}

function scoreOf(text: string, service: Service): number {
  const words = [...new Set((service.keywords ?? []).map(fold))].filter((word) => word.length >= LEAST_LETTERS);
  const hits = words.filter((word) => holds(text, word) || (text.length >= LEAST_LETTERS + 1 && holds(word, text)));
  const names = Object.values(service.names).map(fold);
  const name = Math.max(0, ...names.map((one) => (holds(one, text) ? 1 : overlap(text, one))));
  return hits.reduce((sum, word) => sum + Math.sqrt(word.length), 0) + (name > NAME_WEIGHT ? 2 * name : 0);
}

/** At most three, likeliest first; none where nothing fits. */
export function matching(words: string, services: readonly Service[]): Service[] {
  const text = fold(words.trim());
  if (text.length < LEAST_LETTERS) return [];
  return services
    .map((service) => ({ service, score: scoreOf(text, service) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST_SUGGESTIONS)
    .map(({ service }) => service);
}
