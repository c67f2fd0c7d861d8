/**
 * What happens in the city, told by the server as it happens. Where the stream cannot be had, the lists are asked
 * again every few seconds instead: nobody has to know which of the two it is, and the foot of the page says it.
 */
import { untrack } from 'svelte';
import { at } from './addresses';

export interface LiveNews {
  kind: string;
  reference: string | null;
  version?: number;
  status?: string;
  by?: string | null;
  people?: { username: string; display_name: string }[];
}
type Listener = (news: LiveNews) => void;

const POLL_MS = 10_000;
/** Even with a stream the list is read again now and then, so that a lost message is not lost for long. */
const SWEEP_MS = 60_000;

let streaming = $state(false);
const listeners = new Set<Listener>();
let source: EventSource | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

export const streams = (): boolean => streaming;

function tell(news: LiveNews): void {
  for (const listener of listeners) listener(news);
}

function take(event: MessageEvent<string>): void {
  try {
    tell(JSON.parse(event.data) as LiveNews);
  } catch {
    // Not ours; the next sweep brings whatever it was about.
  }
}

function sweep(): void {
  clearTimeout(timer);
  timer = setTimeout(
    () => {
      if (!document.hidden) tell({ kind: 'sweep', reference: null });
      sweep();
    },
    streaming ? SWEEP_MS : POLL_MS,
  );
}

function connect(): void {
  source = new EventSource(at.live);
  source.onopen = () => {
    streaming = true;
    tell({ kind: 'sweep', reference: null });
    sweep();
  };
  source.onerror = () => {
    streaming = false;
    sweep();
  };
  source.onmessage = take;
  for (const kind of ['changed', 'filed', 'presence', 'inbox', 'catch_up']) source.addEventListener(kind, take as EventListener);
}

function comeBack(): void {
  if (!document.hidden) tell({ kind: 'sweep', reference: null });
}

/** Listens until the returned function is called; the stream ends with its last listener. */
export function listenLive(listener: Listener): () => void {
  listeners.add(listener);
  if (!source) {
    connect();
    // Who listens from within an effect does not listen anew whenever the stream comes or goes.
    untrack(sweep);
    document.addEventListener('visibilitychange', comeBack);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    source?.close();
    source = null;
    streaming = false;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', comeBack);
  };
}
