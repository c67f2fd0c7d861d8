import '@shared/styles/base.css';
import '../../staff/console.css';
import { startLanguage, type MessageFiles } from '@shared/i18n/i18n.svelte';
import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

/** Officials sign in as the staff of cities do, by the console's own form and in its words. */
const own: MessageFiles = import.meta.glob('./messages/*.json', { import: 'default' });
const console_: MessageFiles = import.meta.glob('../../staff/messages/*.json', { import: 'default' });

const both = Object.fromEntries(
  Object.entries(own).map(([path, read]) => {
    const file = path.slice(path.lastIndexOf('/'));
    const other = Object.entries(console_).find(([name]) => name.endsWith(file))?.[1];
    return [path, async () => Object.assign({}, await other?.(), await read())];
  }),
);

await startLanguage(both);
mount(App, { target });
