/** Where the person is, kept in the address after `#`, so that Back works and a tracked report can be linked. */
import { parseAddress, type Route, type Step } from './address';

export { STEPS, type Step, type Route } from './address';

let shown = $state.raw<Route>(parseAddress(location.hash));
addEventListener('hashchange', () => (shown = parseAddress(location.hash)));

export function route(): Route {
  return shown;
}

export const stepAddress = (step: Step): string => (step === 'what' ? '#/' : `#/report/${step}`);
export const PHONE_ADDRESS = '#/phone';
export const mapAddress = (city = ''): string => (city ? `#/map/${encodeURIComponent(city)}` : '#/map');
export function trackAddress(reference = '', token = ''): string {
  if (!reference) return '#/track';
  return `#/track/${encodeURIComponent(reference)}${token ? `?token=${encodeURIComponent(token)}` : ''}`;
}

/** `replace` leaves no trace in the history: for corrections the person did not ask for. */
export function go(address: string, replace = false): void {
  if (replace) location.replace(address);
  else location.hash = address;
}
