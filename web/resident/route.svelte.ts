/** Where the person is, kept in the address after `#`, so that Back works and a tracked report can be linked. */

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

function parse(hash: string): Route {
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

let shown = $state.raw<Route>(parse(location.hash));
addEventListener('hashchange', () => (shown = parse(location.hash)));

export function route(): Route {
  return shown;
}

export const stepAddress = (step: Step): string => (step === 'what' ? '#/' : `#/report/${step}`);
export const PHONE_ADDRESS = '#/phone';
export const mapAddress = (city = ''): string => (city ? `#/map/${encodeURIComponent(city)}` : '#/map');
export function trackAddress(reference = '', token = ''): string {
  if (!reference) return '#/track';
  return `#/track/${encodeURIComponent(reference)}${token ? `?token=${encodeURIComponent(token)}` : ''}`;
}

/** `replace` leaves no trace in the history: for corrections the person did not ask for. */
export function go(address: string, replace = false): void {
  if (replace) location.replace(address);
  else location.hash = address;
}
