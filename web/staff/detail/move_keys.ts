/** The letter of each move; shown on its button and in the list of keys. */
export const MOVE_KEYS: Readonly<Record<string, string>> = {
  acknowledge: 'c',
  assign: 'a',
  start: 's',
  ask: 'q',
  pause: 'p',
  resume: 'u',
  refer: 'f',
  resolve: 'e',
  decline: 'd',
  reopen: 'o',
  recategorise: 't',
  link_duplicate: 'l',
  prioritise: 'y',
  note: 'n',
  escalate: 'h',
};

/** Those of the card that shows how a request climbs. */
export const LADDER_KEYS = { acknowledge_escalation: 'i', de_escalate: 'z' } as const;
export type LadderMove = keyof typeof LADDER_KEYS;
