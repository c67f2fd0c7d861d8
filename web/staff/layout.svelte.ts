/** How the screen is divided, kept for the next day. Shares in percent. */
import { recall, remember } from '@shared/storage';

interface Layout {
  rail: boolean;
  map: boolean;
  list: number;
  mapShare: number;
}
const STORE = 'nagara.layout';
const USUAL: Layout = { rail: true, map: false, list: 40, mapShare: 45 };

export const layout = $state<Layout>({ ...USUAL, ...recall<Partial<Layout>>('local', STORE) });

export function arrange(change: Partial<Layout>): void {
  Object.assign(layout, change);
  remember('local', STORE, $state.snapshot(layout));
}
