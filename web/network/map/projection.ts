/** From degrees to a picture: plate carree with the longitudes drawn in by the latitude of the middle. */

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}
export type Position = readonly [lon: number, lat: number];
export type Rings = readonly (readonly (readonly number[])[])[];
export interface Shape {
  type: string;
  coordinates: unknown;
}

/** The polygons of a GeoJSON geometry; nothing where it is of another kind. */
export function polygonsOf(shape: Shape): Rings[] {
  if (shape.type === 'Polygon') return [shape.coordinates as Rings];
  if (shape.type === 'MultiPolygon') return shape.coordinates as Rings[];
  return [];
}

export function boundsOf(shapes: readonly Shape[]): Bounds {
  const bounds = { west: 180, south: 90, east: -180, north: -90 };
  for (const [lon = 0, lat = 0] of shapes.flatMap(polygonsOf).flatMap((rings) => rings[0] ?? [])) {
    bounds.west = Math.min(bounds.west, lon);
    bounds.east = Math.max(bounds.east, lon);
    bounds.south = Math.min(bounds.south, lat);
    bounds.north = Math.max(bounds.north, lat);
  }
  return bounds;
}

export interface Projection {
  width: number;
  height: number;
  /** Of a degree of latitude. */
  scale: number;
  at: (position: Position) => [x: number, y: number];
  path: (shape: Shape) => string;
  /** Where a word may stand: the middle of the widest line across the largest polygon, and how much room is there. */
  middle: (shape: Shape) => Room;
}

/** Everything within the bounds in a picture of this size, in its middle. */
export function fitted(bounds: Bounds, width: number, height: number, margin: number): Projection {
  const squeeze = Math.cos((((bounds.south + bounds.north) / 2) * Math.PI) / 180);
  const wide = Math.max(1e-6, (bounds.east - bounds.west) * squeeze);
  const high = Math.max(1e-6, bounds.north - bounds.south);
  const scale = Math.min((width - 2 * margin) / wide, (height - 2 * margin) / high);
  const left = (width - wide * scale) / 2;
  const top = (height - high * scale) / 2;
  const at = ([lon, lat]: Position): [number, number] => [
    left + (lon - bounds.west) * squeeze * scale,
    top + (bounds.north - lat) * scale,
  ];
  const ring = (points: readonly (readonly number[])[]): string =>
    points
      .map(([lon = 0, lat = 0], index) => {
        const [x, y] = at([lon, lat]);
        return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
      })
      .join('') + 'Z';
  const inside = (rings: Rings): Room => widestLine(rings.map((line) => line.map(([lon = 0, lat = 0]) => at([lon, lat]))));
  return {
    width,
    height,
    scale,
    at,
    path: (shape) => polygonsOf(shape).flatMap((rings) => rings.map(ring)).join(''),
    middle: (shape) =>
      polygonsOf(shape)
        .map(inside)
        .sort((one, other) => other.width * other.height - one.width * one.height)[0] ?? { x: 0, y: 0, width: 0, height: 0 },
  };
}

interface Room {
  x: number;
  y: number;
  width: number;
  height: number;
}
const LINES = 15;

/** The widest of some lines across a polygon, and how high the polygon is where it lies. */
function widestLine(rings: readonly (readonly (readonly [number, number])[])[]): Room {
  const heights = (rings[0] ?? []).map(([, y]) => y);
  const [top, bottom] = [Math.min(...heights), Math.max(...heights)];
  let best: Room = { x: 0, y: 0, width: 0, height: 0 };
  for (let line = 1; line < LINES; line += 1) {
    const y = top + ((bottom - top) * line) / LINES;
    for (const [from, to] of pairs(crossings(rings, y, 1))) {
      if (to - from <= best.width) continue;
      const x = (from + to) / 2;
      const upright = pairs(crossings(rings, x, 0)).find(([low, high]) => low <= y && y <= high);
      best = { x, y, width: to - from, height: upright ? 2 * Math.min(y - upright[0], upright[1] - y) : 0 };
    }
  }
  return best;
}

/** Where the rings cross a line: at a height (axis 1) their x, at an x (axis 0) their heights; in order. */
function crossings(rings: readonly (readonly (readonly [number, number])[])[], at: number, axis: 0 | 1): number[] {
  const found = rings.flatMap((ring) =>
    ring.flatMap((point, index) => {
      const next = ring[(index + 1) % ring.length] ?? point;
      if (point[axis] > at === next[axis] > at) return [];
      const other = axis === 0 ? 1 : 0;
      return [point[other] + ((at - point[axis]) / (next[axis] - point[axis])) * (next[other] - point[other])];
    }),
  );
  return found.sort((one, other) => one - other);
}

const pairs = (numbers: readonly number[]): [number, number][] =>
  Array.from({ length: Math.floor(numbers.length / 2) }, (_, index) => [numbers[2 * index] ?? 0, numbers[2 * index + 1] ?? 0]);
