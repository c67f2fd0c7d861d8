import '@shared/styles/base.css';
import { startLanguage } from '@shared/i18n/i18n.svelte';
import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

await startLanguage(import.meta.glob('./messages/*.json', { import: 'default' }));
mount(App, { target });

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  // Without a worker (a private window, no secure context) the page only needs a line to open.
  navigator.serviceWorker.register('/job-worker.js', { scope: '/job/' }).catch(() => undefined);
}
