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
  /** Where a name may stand: the middle of the largest polygon's box, and how wide that is. */
  middle: (shape: Shape) => { x: number; y: number; width: number; height: number };
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
  const boxOf = (rings: Rings) => {
    const own = boundsOf([{ type: 'Polygon', coordinates: rings }]);
    const [x0, y0] = at([own.west, own.north]);
    const [x1, y1] = at([own.east, own.south]);
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, width: x1 - x0, height: y1 - y0 };
  };
  return {
    width,
    height,
    scale,
    at,
    path: (shape) => polygonsOf(shape).flatMap((rings) => rings.map(ring)).join(''),
    middle: (shape) =>
      polygonsOf(shape)
        .map(boxOf)
        .sort((one, other) => other.width * other.height - one.width * one.height)[0] ?? { x: 0, y: 0, width: 0, height: 0 },
  };
}
