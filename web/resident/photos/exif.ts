/**
 * Where a photo was taken, as its camera wrote it (Exif 2.32, GPS IFD), read before the photo is made smaller and all
 * of this is left behind. It is offered to the person and sent nowhere by itself.
 *
 * Reads JPEG, HEIC, WebP and PNG alike: each carries one TIFF block, only the mark before it differs.
 */

export interface TakenAt {
  lat: number;
  lon: number;
}

const GPS_IFD = 0x8825;
const LATITUDE_REF = 1;
const LATITUDE = 2;
const LONGITUDE_REF = 3;
const LONGITUDE = 4;
const RATIONAL = 5;
/** Cameras write the block first; beyond this only the picture is left. */
const LOOK_WITHIN = 1024 * 1024;

/** Null where the camera wrote no position, or none that can be one. */
export async function takenAt(file: Blob): Promise<TakenAt | null> {
  try {
    return positionIn(new DataView(await file.slice(0, LOOK_WITHIN).arrayBuffer()));
  } catch {
    // A damaged block reaches beyond its end: no position then.
    return null;
  }
}

export function positionIn(bytes: DataView): TakenAt | null {
  const start = tiffStart(bytes);
  if (start === null) return null;
  const little = bytes.getUint16(start) === 0x4949;
  const tiff = new DataView(bytes.buffer, bytes.byteOffset + start);
  const gps = entries(tiff, tiff.getUint32(4, little), little).get(GPS_IFD);
  if (gps === undefined) return null;
  const found = entries(tiff, tiff.getUint32(gps + 8, little), little);
  const lat = degrees(tiff, found.get(LATITUDE), found.get(LATITUDE_REF), 'S', little);
  const lon = degrees(tiff, found.get(LONGITUDE), found.get(LONGITUDE_REF), 'W', little);
  if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  // 0, 0 is what a camera writes that knew no place.
  return lat === 0 && lon === 0 ? null : { lat, lon };
}

/** The byte order mark after `Exif\0\0` (JPEG, HEIC), `EXIF` and a length (WebP) or `eXIf` (PNG). */
function tiffStart(bytes: DataView): number | null {
  for (let at = 0; at + 16 < bytes.byteLength; at += 1) {
    const mark = bytes.getUint32(at);
    if (mark === 0x45786966 && isTiff(bytes, at + 6)) return at + 6;
    if (mark === 0x45584946 && isTiff(bytes, at + 8)) return at + 8;
    if (mark === 0x45584946 && isTiff(bytes, at + 14)) return at + 14;
    if (mark === 0x65584966 && isTiff(bytes, at + 4)) return at + 4;
  }
  return null;
}

function isTiff(bytes: DataView, at: number): boolean {
  if (at + 8 > bytes.byteLength) return false;
  const mark = bytes.getUint32(at);
  return mark === 0x49492a00 || mark === 0x4d4d002a;
}

/** Where each tag's entry of twelve bytes begins. */
function entries(tiff: DataView, ifd: number, little: boolean): Map<number, number> {
  const found = new Map<number, number>();
  const count = tiff.getUint16(ifd, little);
  for (let index = 0; index < count; index += 1) {
    const at = ifd + 2 + index * 12;
    found.set(tiff.getUint16(at, little), at);
  }
  return found;
}

/** Degrees, minutes and seconds as three rationals; minutes and seconds may be left out. */
function degrees(
  tiff: DataView,
  entry: number | undefined,
  reference: number | undefined,
  negative: string,
  little: boolean,
): number | null {
  if (entry === undefined || tiff.getUint16(entry + 2, little) !== RATIONAL) return null;
  const count = Math.min(3, tiff.getUint32(entry + 4, little));
  const values = tiff.getUint32(entry + 8, little);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const top = tiff.getUint32(values + index * 8, little);
    const bottom = tiff.getUint32(values + index * 8 + 4, little);
    if (bottom === 0) {
      if (index === 0) return null;
      continue;
    }
    sum += top / bottom / 60 ** index;
  }
  const sign = reference !== undefined && String.fromCharCode(tiff.getUint8(reference + 8)) === negative ? -1 : 1;
  return Number((sign * sum).toFixed(6));
}
