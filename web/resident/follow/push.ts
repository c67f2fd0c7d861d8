/** This browser's own way of being told: its worker, its push service, and our key at it. */
import { call, paths } from '@shared/api/client';

export class PushRefused extends Error {}
export class PushMissing extends Error {}

export const canBeTold = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

function bytes(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (one) => one.charCodeAt(0));
}

/** Asks the person, then the browser. Throws `PushRefused` or `PushMissing`. */
export async function subscribe(): Promise<PushSubscriptionJSON> {
  const worker = await navigator.serviceWorker.getRegistration();
  if (!worker) throw new PushMissing();
  if ((await Notification.requestPermission()) !== 'granted') throw new PushRefused();
  const { key } = await call<{ key: string }>('/api/v1/push-key');
  try {
    const kept = await worker.pushManager.getSubscription();
    const made =
      kept ?? (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }));
    return made.toJSON();
  } catch {
    return await ofTheDemo();
  }
}

/** A machine without the internet reaches no push service; the demo then shows in its viewer what a browser would. */
async function ofTheDemo(): Promise<PushSubscriptionJSON> {
  const { demo } = await call<{ demo: boolean }>(paths.about);
  if (!demo) throw new PushMissing();
  const answer = await call<{ subscription: PushSubscriptionJSON | null }>('/dev/push-subscription');
  if (!answer.subscription) throw new PushMissing();
  return answer.subscription;
}
