/** Where the person is: a page of the console, or the queue with or without an opened request. Kept in the address. */

export const PAGES = ['account', 'supervision', 'moderation', 'audit', 'people', 'keys', 'today', 'desk', 'blocks', 'inbox', 'notices'] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  /** Null: the queue. */
  page: Page | null;
  reference: string | null;
}

/** References are in capitals, pages in small letters, so both can follow the same `#/`. */
function read(): Route {
  const text = location.hash.startsWith('#/') ? decodeURIComponent(location.hash.slice(2)) : '';
  const page = PAGES.find((one) => one === text) ?? null;
  return { page, reference: page || !text ? null : text };
}

let route = $state.raw<Route>(read());
const follow = (): void => {
  route = read();
};
addEventListener('hashchange', follow);
addEventListener('popstate', follow);

export const currentRoute = (): Route => route;
export const pageAddress = (page: Page | null): string => `#/${page ?? ''}`;

export function openRequest(reference: string): void {
  const hash = `#/${encodeURIComponent(reference)}`;
  if (location.hash !== hash) location.hash = hash;
}

/** To a page, or with null to the queue; the way back stays in the browser's history. */
export function goTo(page: Page | null): void {
  if (page) location.hash = pageAddress(page);
  else if (location.hash.length > 2) history.pushState(null, '', location.pathname + location.search);
  follow();
}
