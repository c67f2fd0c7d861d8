/** Small things kept in the browser. Private windows may refuse; then nothing is kept and nothing breaks. */

export function recall<T>(storage: 'local' | 'session', key: string): T | null {
  try {
    const text = (storage === 'local' ? localStorage : sessionStorage).getItem(key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

/** `null` forgets. */
export function remember(storage: 'local' | 'session', key: string, value: unknown): void {
  try {
    const place = storage === 'local' ? localStorage : sessionStorage;
    if (value === null) place.removeItem(key);
    else place.setItem(key, JSON.stringify(value));
  } catch {
    // See above: kept for this page only.
  }
}
