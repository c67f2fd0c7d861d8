/**
 * The page's first lines, put into the document by the build (`scripts/first-screen.ts`) so that nothing has to come
 * before them. They ask for the status that the address names and for the files of its screen at once, and write what
 * became of the report as soon as the city answers: on a slow line the page's own code is still on its way by then.
 */
import type { RawAnswer } from '@shared/api/client';
import type { Names } from '@shared/api/types';
import { wishedLanguage } from '@shared/i18n/wished';
import { LINK_HEADER } from './link';
import { parseAddress } from './address';
import { seenOf, type Seen } from './track/seen';

/** What the build knows: the files of each screen beside those of the document, and a few words in each language. */
declare const __PARTS__: Readonly<Record<'report' | 'track', readonly string[]>>;
declare const __MAIN__: string;
declare const __MESSAGES__: Readonly<Record<string, string>>;
declare const __WORDS__: Readonly<Record<string, { reference: string; status: Readonly<Record<string, string>> }>>;

export interface First {
  reference: string;
  token: string | null;
  answer: Promise<RawAnswer>;
}
declare global {
  interface Window {
    /** The question that was asked first, for `track/early.ts`. */
    nagaraFirst?: First;
  }
}

const DRAWN_WITHIN_MS = 500;
const messageFiles = __MESSAGES__;
const here = parseAddress(location.hash);
const language = wishedLanguage(Object.keys(messageFiles));
document.documentElement.lang = language;

async function ask(reference: string, token: string | null): Promise<RawAnswer> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (token) headers[LINK_HEADER] = token;
  const path = `/api/v1/requests/${encodeURIComponent(reference)}`;
  const response = await fetch(path, { headers, credentials: 'same-origin' });
  const { ok, status } = response;
  return { ok, status, retryAfter: response.headers.get('Retry-After'), text: await response.text() };
}

function preload(file: string): void {
  const link = document.createElement('link');
  const style = file.endsWith('.css');
  link.rel = style ? 'preload' : 'modulepreload';
  if (style) link.as = 'style';
  link.crossOrigin = '';
  link.href = file;
  document.head.append(link);
}

function element(tag: string, words: string, lang: string, look = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = words;
  made.lang = lang;
  made.className = look;
  return made;
}

function named(tag: string, names: Names): HTMLElement {
  const lang = [language, 'en', ...Object.keys(names)].find((one) => names[one]) ?? language;
  return element(tag, names[lang] ?? '', lang);
}

/** Only while the page itself is not there: it takes everything in `#app` away. */
function write(request: Seen): void {
  const first = document.querySelector('#app > .first');
  const words = __WORDS__[language];
  if (!first || !words) return;
  const main = document.createElement('main');
  main.className = 'first-words';
  document.querySelector('.first-words')?.remove();
  const status = element('span', words.status[request.status] ?? request.status, language, 'chip');
  status.dataset.testid = 'first-status';
  const reference = element('p', `${words.reference} `, language, 'quiet');
  reference.append(element('span', request.reference, 'en', 'reference'));
  main.append(named('h1', request.service.names), status, named('p', request.department.names), reference);
  first.parentElement?.append(main);
}

if (here.at === 'track' && here.reference) {
  const { reference, token } = here;
  const answer = ask(reference, token);
  window.nagaraFirst = { reference, token, answer };
  answer.then(
    ({ ok, text }) => ok && write(JSON.parse(text) as Seen),
    () => undefined,
  );
}

/** Once the document is there: until then the line is for it, and for the question above. */
function atEnd(): void {
  const seen = here.at === 'track' && here.reference ? seenOf(here.reference, here.token) : null;
  if (seen && !document.querySelector('.first-words')) write(seen);
  const messages = messageFiles[language];
  const part = here.at === 'track' || here.at === 'report' ? __PARTS__[here.at] : [];
  for (const file of [...part, ...(messages ? [messages] : [])]) preload(file);
}

/** The page's own code keeps an old phone busy for a while: it starts when what is there already was drawn. */
function start(): void {
  if (started) return;
  started = true;
  const script = document.createElement('script');
  script.type = 'module';
  script.crossOrigin = '';
  script.src = __MAIN__;
  document.head.append(script);
}
let started = false;

document.addEventListener(
  'readystatechange',
  () => {
    atEnd();
    requestAnimationFrame(() => setTimeout(start, 0));
    // A tab that nobody looks at draws nothing.
    setTimeout(start, DRAWN_WITHIN_MS);
  },
  { once: true },
);
