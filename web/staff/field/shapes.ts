/** Today's jobs as the API tells them, and what this phone keeps of them and of what was done there. */
import type { FieldChange } from '@shared/api/client';
import type { City, MoveField } from '@shared/api/types';
import type { Account, Row } from '../shapes';

export type Whose = 'mine' | 'department';

export interface FieldMove {
  move: string;
  /** Statuses it may be made from; `ends`: where it leads, null where the status stays. */
  starts: string[];
  ends: string | null;
  fields: MoveField[];
  needs: MoveField[];
  reasons: string[];
}

export interface FieldJob extends Row {
  mine: boolean;
  yours_to_move: boolean;
  evidence: boolean;
  photos: { id: string; thumbnail_url: string; kind: string }[];
  pieces: { number: number; title: string }[];
}

export interface Today {
  at: string;
  whose: Whose;
  more: boolean;
  moves: FieldMove[];
  jobs: FieldJob[];
}

/** The jobs as they were last seen, under `whose`. */
export interface KeptToday extends Today {
  key: Whose;
  seenAt: number;
}

/** Whose phone it is; what is kept of the jobs is for this person. */
export interface KeptPerson {
  key: 'person';
  account: Account;
  city: City;
  /** When the server last answered this person. */
  at: number;
}

/** That a session which was left is still to be ended by the server. */
export interface OwedSignOut {
  key: 'sign_out';
  at: number;
}

export interface KeptPicture {
  key: string;
  blob: Blob;
  at: number;
}

export interface TakenPhoto {
  blob: Blob;
  /** The server's id once it is uploaded, so that a retry does not upload it again. */
  media: string | null;
}

/** What is typed for a job and not decided yet, by its reference. */
export interface KeptDraft {
  key: string;
  /** name@city of who typed it; goes as soon as somebody else works with this phone. */
  owner: string;
  move: string;
  reason: string;
  note: string;
  photos: TakenPhoto[];
  at: number;
}

export interface Trouble {
  status: number;
  code: string;
  message: string;
  /** What somebody else changed, and who. */
  changes: FieldChange[];
  by: string | null;
  /** The version that the request has by now, where the server says so. */
  version: number | null;
}

export interface MoveBody {
  reason?: string;
  note?: string;
  media?: string[];
  version: number;
}

/** `sending` outside the sender's lock is a try that was cut off, so it counts as `waiting`. */
export type MoveState = 'waiting' | 'sending' | 'sent' | 'refused';

export interface KeptMove {
  /** Its Idempotency-Key. */
  key: string;
  /** name@city of who did it: nobody else's session sends it. */
  owner: string;
  city: string;
  reference: string;
  serviceNames: Row['service']['names'];
  move: string;
  /** The status it leads to; null where it stays. */
  ends: string | null;
  reason: string;
  note: string;
  photos: TakenPhoto[];
  /** The version it is made upon: the one on the screen, or what the move before it made. Once sent: the one it made. */
  version: number;
  /** What was sent without an answer: the same must be sent again. */
  attempted: MoveBody | null;
  queuedAt: number;
  state: MoveState;
  tries: number;
  /** Not before this instant (milliseconds), unless the person or a returning line asks for it. */
  tryAt: number;
  trouble: Trouble | null;
  sentAt: number | null;
}
