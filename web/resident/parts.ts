/** The parts the page is fetched in: a screen brings its own and leaves the others for when the line is free. */
import type { Route } from './address';

const fetchFlow = async (): Promise<typeof import('./flow')> => {
  const flow = await import('./flow');
  await flow.start();
  return flow;
};
let asked: ReturnType<typeof fetchFlow> | null = null;

/** The report flow with what lies on this phone taken up; a failed fetch is tried again the next time. */
export function flow(): ReturnType<typeof fetchFlow> {
  asked ??= fetchFlow().catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
}

export const track = (): Promise<typeof import('./track/Track.svelte')> => import('./track/Track.svelte');

/** Settles once the screen of this address can be drawn without waiting; a part that does not come is told later. */
export async function fetchPart({ at }: Route): Promise<void> {
  if (at === 'track') await track().catch(() => undefined);
  else if (at === 'report' || at === 'done' || at === 'phone') await flow().catch(() => undefined);
}
