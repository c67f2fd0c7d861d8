import '@shared/styles/base.css';
import { startLanguage } from '@shared/i18n/i18n.svelte';
import { mount } from 'svelte';
import { takeKey } from './key';
import Wall from './Wall.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

takeKey();
await startLanguage(import.meta.glob('./messages/*.json', { import: 'default' }));
mount(Wall, { target });
