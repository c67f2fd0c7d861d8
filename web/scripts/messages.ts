/** Fills a message file up with English at build time, so that a text that is not translated yet is read all the same. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

type Messages = { [key: string]: string | Messages };
const TRANSLATED = /\/messages\/(?!en\.json$)[\w-]+\.json$/;

/** A text with plural forms is taken or left as a whole: forms of two languages do not mix. */
const isPlural = (value: Messages): boolean => typeof value.other === 'string';

function filledUp(english: Messages, other: Messages): Messages {
  const filled: Messages = { ...other };
  for (const [key, value] of Object.entries(english)) {
    const own = other[key];
    if (own === undefined) filled[key] = value;
    else if (typeof value === 'object' && typeof own === 'object' && !isPlural(value)) filled[key] = filledUp(value, own);
  }
  return filled;
}

export function englishWhereMissing(): Plugin {
  return {
    name: 'nagara-messages',
    enforce: 'pre',
    transform(code, id) {
      const path = id.split('?')[0] ?? id;
      if (!TRANSLATED.test(path)) return null;
      const english = join(dirname(path), 'en.json');
      this.addWatchFile(english);
      const filled = filledUp(JSON.parse(readFileSync(english, 'utf8')) as Messages, JSON.parse(code) as Messages);
      delete filled._review;
      return { code: JSON.stringify(filled), map: null };
    },
  };
}
