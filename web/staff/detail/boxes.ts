/** A part of a picture to hide: left, top, width and height as shares of the picture. */
export type Box = [x: number, y: number, width: number, height: number];

const clamp = (value: number, most = 1): number => Math.min(most, Math.max(0, value));

/** Between two corners, wherever the second lies, rounded to a thousandth. */
export function boxBetween(ax: number, ay: number, bx: number, by: number): Box {
  const [left, right] = [clamp(Math.min(ax, bx)), clamp(Math.max(ax, bx))];
  const [top, bottom] = [clamp(Math.min(ay, by)), clamp(Math.max(ay, by))];
  return [left, top, right - left, bottom - top].map((one) => Math.round(one * 1000) / 1000) as Box;
}

/** Moved or made larger by steps, inside the picture. */
export function nudged([x, y, width, height]: Box, dx: number, dy: number, resize: boolean): Box {
  if (resize) return boxBetween(x, y, x + Math.max(0.02, width + dx), y + Math.max(0.02, height + dy));
  const left = clamp(x + dx, 1 - width);
  const top = clamp(y + dy, 1 - height);
  return boxBetween(left, top, left + width, top + height);
}
