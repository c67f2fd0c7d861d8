/** Which language a page speaks at first; also read by the resident page's first lines, before anything else is there. */

/** What each language calls itself; the order is that of the list a person chooses from. */
export const ENDONYMS = {
  en: 'English',
  id: 'Bahasa Indonesia',
  ms: 'Bahasa Melayu',
  ceb: 'Cebuano',
  fil: 'Filipino',
  km: 'ខ្មែរ',
  lo: 'ລາວ',
  my: 'မြန်မာ',
  ta: 'தமிழ்',
  th: 'ไทย',
  vi: 'Tiếng Việt',
  'zh-Hans': '简体中文',
} as const;
export type Language = keyof typeof ENDONYMS;

/** Where the browser keeps what the person chose. */
export const STORE = 'nagara.language';
/** Tags under which browsers ask for a language that has another one here: old codes, and Chinese of any place. */
const OTHER_TAGS: Readonly<Record<string, Language>> = { tl: 'fil', in: 'id', zh: 'zh-Hans' };

function remembered(): string | null {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null;
  }
}

/** `?lang=`, then what was remembered, then the browser's wish, then English; only what there are words in. */
export function wishedLanguage(there: readonly string[]): Language {
  for (const wish of [new URLSearchParams(location.search).get('lang'), remembered(), ...navigator.languages]) {
    const short = wish?.toLowerCase().split(/[-_]/)[0] ?? '';
    const tag = OTHER_TAGS[short] ?? short;
    if (there.includes(tag)) return tag as Language;
  }
  return 'en';
}
