import '@shared/styles/base.css';
import '../../staff/console.css';
import { startLanguage } from '@shared/i18n/i18n.svelte';
import { mount } from 'svelte';
import { withAlso, withWayIn } from '../../staff/sign_in/words';
import App from './App.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

// Officials sign in as the staff of cities do, by the console's own form and in its words.
// Figures have the names by which the network's page calls them.
const own = withWayIn(import.meta.glob('./messages/*.json', { import: 'default' }));
await startLanguage(withAlso(own, import.meta.glob('../messages/*.json', { import: 'default' })));
mount(App, { target });
