/**
 * Who else has this request open. Each page says so while it shows the request, and again now and then, because the
 * server forgets a page that fell silent.
 */
import { at } from '../addresses';
import { listenLive } from '../live.svelte';
import { signedIn, staffCall } from '../session.svelte';

export interface Onlooker {
  username: string;
  display_name: string;
}
const STILL_HERE_MS = 20_000;

export class Presence {
  people = $state.raw<Onlooker[]>([]);

  /** Until the returned function is called. */
  watch(reference: string): () => void {
    const own = signedIn()?.username.split('@')[0];
    const take = (people: Onlooker[]): void => {
      this.people = people.filter((one) => one.username.split('@')[0] !== own);
    };
    const say = async (): Promise<void> => {
      if (document.hidden) return;
      try {
        take((await staffCall<{ people: Onlooker[] }>(at.presence(reference), { method: 'PUT' })).people);
      } catch {
        // Presence is a courtesy; the version check is what protects.
      }
    };
    void say();
    const timer = setInterval(() => void say(), STILL_HERE_MS);
    const leave = listenLive((news) => {
      if (news.kind === 'presence' && news.reference === reference && news.people) take(news.people);
    });
    return () => {
      clearInterval(timer);
      leave();
      void staffCall(at.presence(reference), { method: 'DELETE' }).catch(() => undefined);
    };
  }
}
