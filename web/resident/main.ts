import '@shared/styles/base.css';
import { startContrast } from '@shared/contrast.svelte';
import { speakToResidents } from '@shared/errors';
import { startLanguage } from '@shared/i18n/i18n.svelte';
import { mount } from 'svelte';
import App from './App.svelte';
import { startWorker } from './offline';
import { fetchPart, flow } from './parts';
import { route } from './route.svelte';
import { startEarly } from './track/early';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

speakToResidents();
startContrast();
startEarly();
await Promise.all([startLanguage(), fetchPart(route())]);
target.replaceChildren();
mount(App, { target });
startWorker();
// What waits on this phone is sent whatever screen is open, but never before that screen stands.
setTimeout(() => void flow().catch(() => undefined), 0);
