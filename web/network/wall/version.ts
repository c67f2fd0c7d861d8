/** Reloads the page when a new version of it is out. Never into an error: the new page was seen first. */

const EVERY_MS = 300_000;
const ENTRY = /<script[^>]+type="module"[^>]+src="([^"]+)"/;

async function isOutdated(): Promise<boolean> {
  const answer = await fetch(location.pathname, { cache: 'no-store' });
  if (!answer.ok) return false;
  const entry = ENTRY.exec(await answer.text())?.[1];
  if (!entry) return false;
  const own = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute('src');
  return own !== null && own !== undefined && entry !== own;
}

/** Looks now and then; the returned function ends it. */
export function followVersions(): () => void {
  const timer = setInterval(() => {
    isOutdated().then(
      (outdated) => outdated && location.reload(),
      () => undefined,
    );
  }, EVERY_MS);
  return () => clearInterval(timer);
}
