import '@shared/styles/base.css';
import { startContrast } from '@shared/contrast.svelte';
import { speakToResidents } from '@shared/errors';
import { startLanguage } from '@shared/i18n/i18n.svelte';
import { mount } from 'svelte';
import App from './App.svelte';
import { restoreDraft } from './draft.svelte';
import { startWorker } from './offline';
import { startQueue } from './queue/queue.svelte';
import { startEarly } from './track/early';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

speakToResidents();
startEarly();
startContrast();
await Promise.all([startLanguage(), restoreDraft()]);
await startQueue();
target.replaceChildren();
mount(App, { target });
startWorker();
