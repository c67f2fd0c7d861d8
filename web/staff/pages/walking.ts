/** The order in which to walk from place to place: always to the nearest one not yet visited. */

/** What has a place, or none. */
interface Placed {
  lat: number | null;
  lon: number | null;
}
export interface Place {
  lat: number;
  lon: number;
}
export interface Stop<Row> {
  row: Row;
  /** Where one comes from; null at the first stop of an unknown place, and for jobs without a position. */
  from: Place | null;
}

const EARTH_M = 6_371_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** As the crow flies, by the haversine formula. */
export function metresBetween(one: Place, other: Place): number {
  const lat = Math.sin(radians(other.lat - one.lat) / 2);
  const lon = Math.sin(radians(other.lon - one.lon) / 2);
  const share = lat * lat + Math.cos(radians(one.lat)) * Math.cos(radians(other.lat)) * lon * lon;
  return 2 * EARTH_M * Math.asin(Math.sqrt(share));
}

const placeOf = (row: Placed): Place | null => (row.lat === null || row.lon === null ? null : { lat: row.lat, lon: row.lon });

/** Without a known start the walk begins at the job that is due first; jobs without a position come last, as they were. */
export function inWalkingOrder<Row extends Placed>(rows: readonly Row[], start: Place | null): Stop<Row>[] {
  const left = rows.filter((row) => placeOf(row) !== null);
  const stops: Stop<Row>[] = [];
  let at = start;
  while (left.length > 0) {
    const from = at;
    const distance = (row: Row): number => (from ? metresBetween(from, placeOf(row) ?? from) : 0);
    const next = left.reduce((best, row) => (distance(row) < distance(best) ? row : best));
    left.splice(left.indexOf(next), 1);
    stops.push({ row: next, from });
    at = placeOf(next);
  }
  return [...stops, ...rows.filter((row) => placeOf(row) === null).map((row) => ({ row, from: null }))];
}
