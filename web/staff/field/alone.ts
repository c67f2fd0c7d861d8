let chain: Promise<unknown> = Promise.resolve();

/** One at a time under this name, on the whole phone; without Web Locks, one in this page. */
export function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  if ('locks' in navigator) return navigator.locks.request(name, work) as Promise<T>;
  const next = chain.then(work, work);
  chain = next.catch(() => undefined);
  return next;
}
