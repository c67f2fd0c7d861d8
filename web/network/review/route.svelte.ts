/** Where the person is: a page, and with `report` which one. Kept in the address after `#/`. */
export const PAGES = ['reports', 'report', 'notices', 'offices', 'federation'] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  page: Page;
  id: string | null;
}

function read(): Route {
  const [name = '', id = ''] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const page = PAGES.find((one) => one === name) ?? 'reports';
  return page === 'report' && !id ? { page: 'reports', id: null } : { page, id: id || null };
}

let route = $state.raw<Route>(read());
addEventListener('hashchange', () => {
  route = read();
});

export const currentRoute = (): Route => route;
export const address = (page: Page, id = ''): string => `#/${page === 'reports' ? '' : page}${id ? `/${id}` : ''}`;
export const goTo = (page: Page, id = ''): void => {
  location.hash = address(page, id);
};
