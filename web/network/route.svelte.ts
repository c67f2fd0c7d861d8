/** Which view of the network page is shown: the part of the address behind "#/". Period and kind stay in the query. */

export interface Route {
  view: string;
  /** What stands behind the view: a city's id, a report's. */
  rest: string[];
}

function read(): Route {
  const [view = '', ...rest] = location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(plain);
  return { view, rest };
}

/** A part of an address as it was meant; what is no escape stays as it is. */
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

let current = $state.raw<Route>(read());
addEventListener('hashchange', () => (current = read()));

export const route = (): Route => current;

/** The address of a view, for links. */
export const to = (...parts: string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`;

export function go(...parts: string[]): void {
  location.hash = to(...parts);
}
