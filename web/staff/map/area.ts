/** A drawn area as the API takes it - `lon,lat;lon,lat;...` - and as the map wants it. */
export type Corner = [lat: number, lon: number];

export const areaOf = (corners: readonly (readonly [number, number])[]): string =>
  corners.map(([lat, lon]) => `${lon.toFixed(5)},${lat.toFixed(5)}`).join(';');

export function cornersOf(area: string): Corner[] {
  return area
    .split(';')
    .map((pair) => pair.split(',').map(Number))
    .filter((pair) => pair.length === 2 && pair.every(Number.isFinite))
    .map(([lon = 0, lat = 0]) => [lat, lon]);
}
