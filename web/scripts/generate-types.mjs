/**
 * Writes shared/api/generated.ts from docs/reference/openapi.json; with `--check` only says whether it is current.
 *
 * What no page reads is left out first: addresses outside /api/v1 (GeoReport, OGC, tiles, feeds), answers that are not a
 * success (the client turns them into `ApiError`) and the prose, which stands in the document itself.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const DOCUMENT = fileURLToPath(new URL('../../docs/reference/openapi.json', import.meta.url));
const TYPES = fileURLToPath(new URL('../shared/api/generated.ts', import.meta.url));
const OURS = '/api/v1/';
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];
const HEAD = '// Written by web/scripts/generate-types.mjs from docs/reference/openapi.json: run `npm run types`.\n\n';

const PROSE = new Set(['title', 'summary', 'description', 'example', 'examples', 'format']);

/** A value without prose; where `named`, its keys are names that somebody chose. */
function bare(value, named = false) {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => named || !PROSE.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, bare(inner, !named && key === 'properties')]));
}

function successes(operation) {
  const responses = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  return { ...operation, responses: Object.fromEntries(responses) };
}

function asRead(document) {
  const paths = Object.entries(document.paths).filter(([path]) => path.startsWith(OURS));
  const read = paths.map(([path, item]) => [
    path,
    Object.fromEntries(Object.entries(item).map(([key, value]) => [key, METHODS.includes(key) ? successes(value) : value])),
  ]);
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [
    name,
    schema.description ? { ...bare(schema), description: schema.description } : bare(schema),
  ]);
  return { ...document, paths: bare(Object.fromEntries(read), true), components: { schemas: Object.fromEntries(schemas) } };
}

const document = asRead(JSON.parse(await readFile(DOCUMENT, 'utf8')));
// Of what is asked for, a field with a default may be left out; an answer says itself which fields it always has.
const text = HEAD + astToString(await openapiTS(document, { defaultNonNullable: false }));
if (!process.argv.includes('--check')) {
  await writeFile(TYPES, text);
} else if (text !== (await readFile(TYPES, 'utf8').catch(() => ''))) {
  console.error('web/shared/api/generated.ts is not what docs/reference/openapi.json says: npm --prefix web run types');
  process.exitCode = 1;
}
