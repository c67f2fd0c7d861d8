import { translate, type Leaves, type MessageFiles, type Values } from '@shared/i18n/i18n.svelte';
import type messages from './messages/en.json';

type Key = Leaves<typeof messages> extends infer K ? (K extends `sign_in.${infer Rest}` ? Rest : never) : never;

/** A message of the way in, which the console and the review of reports have in common. */
export const wi = (key: Key, values?: Values): string => translate(`sign_in.${key}`, values);

const wayIn: MessageFiles = import.meta.glob('./messages/*.json', { import: 'default' });
const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** A page's own messages with those of the way in. */
export const withWayIn = (own: MessageFiles): MessageFiles => withAlso(own, wayIn);

/** A page's own messages with others beside them, in each language that the page itself has. */
export function withAlso(own: MessageFiles, others: MessageFiles): MessageFiles {
  const byName = new Map(Object.entries(others).map(([path, read]) => [fileName(path), read]));
  return Object.fromEntries(
    Object.entries(own).map(([path, read]) => {
      const also = byName.get(fileName(path)) ?? byName.get('en.json');
      return [path, async () => Object.assign({}, await also?.(), await read())];
    }),
  );
}
