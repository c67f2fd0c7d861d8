/** Axes of the plots: where a value lies, in per cent of the width, and which ticks are drawn. */

export interface Scale {
  at: (value: number) => number;
  ticks: number[];
  max: number;
}

/** Ends of an axis in hours whose quarters read well, as hours up to a day and as days beyond. */
const NICE = [1, 2, 4, 8, 12, 16, 20, 24, 48, 96, 192, 288, 480, 672, 960, 1440, 1920, 2880, 4320, 5760, 8640];
/** Room at both ends, so that a dot at the edge is whole. */
const EDGE = 2;

function scale(max: number, ticks: number[]): Scale {
  return { max, ticks, at: (value) => EDGE + (Math.min(Math.max(value / max, 0), 1) * (100 - 2 * EDGE)) };
}

export const shareScale: Scale = scale(1, [0, 0.25, 0.5, 0.75, 1]);

/** From zero to a round number of hours or days that holds all values. */
export function hoursScale(values: readonly number[]): Scale {
  const largest = Math.max(1, ...values);
  const max = NICE.find((one) => one >= largest) ?? Math.ceil(largest / 8640) * 8640;
  return scale(max, [0, max / 4, max / 2, (3 * max) / 4, max]);
}
