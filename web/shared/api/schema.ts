/**
 * The shapes of the API by the names they have in its document, so that a page need not write them again.
 * `generated.ts` is written by `npm run types` and held current by `python3 run.py check`.
 */
import type { components } from './generated';

export type Schemas = components['schemas'];

/** What the API calls `Name` in docs/reference/openapi.json. */
export type Schema<Name extends keyof Schemas> = Schemas[Name];
