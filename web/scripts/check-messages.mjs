/**
 * Every language of a message folder must have exactly the keys of its en.json, the same {places} in each text,
 * and, unless it is English, say whether a native speaker has reviewed it. Run by `npm run check`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const folders = [
  'shared/messages',
  'staff/messages',
  'staff/sign_in/messages',
  'network/messages',
  'network/review/messages',
  'network/wall/messages',
  'job/messages',
];
const PLURAL_FORMS = new Set(['zero', 'one', 'two', 'few', 'many', 'other']);
const problems = [];

function flatten(value, prefix = '') {
  const entries = Object.entries(value);
  if (entries.length && entries.every(([key]) => PLURAL_FORMS.has(key))) return [[prefix, value.other ?? '']];
  return entries.flatMap(([key, inner]) => {
    const path = prefix ? `${prefix}.${key}` : key;
    return typeof inner === 'string' ? [[path, inner]] : flatten(inner, path);
  });
}
const places = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(' ');

function compare(name, english, other) {
  for (const [key, text] of english) {
    if (!other.has(key)) problems.push(`${name}: ${key} is missing`);
    else if (places(text) !== places(other.get(key)))
      problems.push(`${name}: ${key} has other {places} than English: ${places(text) || 'none'}`);
  }
  for (const key of other.keys()) if (!english.has(key)) problems.push(`${name}: ${key} is not in English`);
}

for (const folder of folders) {
  const read = (file) => JSON.parse(readFileSync(join(root, folder, file), 'utf8'));
  const keysOf = (file) => new Map(flatten(read(file)).filter(([key]) => !key.startsWith('_review')));
  const english = keysOf('en.json');
  for (const file of readdirSync(join(root, folder)).filter((one) => one !== 'en.json')) {
    compare(`${folder}/${file}`, english, keysOf(file));
    if (!read(file)._review?.status) problems.push(`${folder}/${file}: _review.status is missing`);
  }
}
for (const problem of problems) console.error(problem);
console.log(problems.length ? `${problems.length} problem(s) in the message files` : 'message files agree');
process.exit(problems.length ? 1 : 0);
