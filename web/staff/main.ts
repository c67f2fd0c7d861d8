import '@shared/styles/base.css';
import './console.css';
import { startLanguage } from '@shared/i18n/i18n.svelte';
import { mount } from 'svelte';
import App from './App.svelte';
import { withWayIn } from './sign_in/words';
import { startTheme } from './theme.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

startTheme();
await startLanguage(withWayIn(import.meta.glob('./messages/*.json', { import: 'default' })));
mount(App, { target });
