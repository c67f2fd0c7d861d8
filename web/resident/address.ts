/** What the part of an address after `#` says; without state, so that the page's first lines can read it too. */

/** In the order they are offered in; each can be reached at any time. */
export const STEPS = ['what', 'where', 'details', 'contact'] as const;
/** `nearby` comes between the last two, where something is reported near by. */
const PAGES = [...STEPS, 'nearby'] as const;
export type Step = (typeof PAGES)[number];

export type Route =
  | { at: 'report'; step: Step }
  | { at: 'done' }
  | { at: 'phone' }
  | { at: 'follow'; what: string | null; which: string | null; token: string | null }
  | { at: 'mine'; problem: string | null }
  | { at: 'map'; city: string | null }
  | { at: 'track'; reference: string | null; token: string | null };

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parseAddress(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first, second, third] = path.split('/').map(decoded);
  if (first === 'track') {
    return { at: 'track', reference: second ?? null, token: new URLSearchParams(query).get('token') };
  }
  if (first === 'follow') {
    const token = new URLSearchParams(query).get('token');
    return { at: 'follow', what: second ?? null, which: third ?? null, token };
  }
  if (first === 'mine') return { at: 'mine', problem: second ?? null };
  if (first === 'map') return { at: 'map', city: second ?? null };
  if (first === 'done' || first === 'phone') return { at: first };
  return { at: 'report', step: PAGES.find((step) => step === second) ?? 'what' };
}
