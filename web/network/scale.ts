/**
 * Axes of all plots: where a value lies, and which ticks are drawn. A scale knows nothing of what is plotted; the
 * plots in `plots/` know nothing of pixels but what a scale tells them.
 */

export interface Scale {
  at: (value: number) => number;
  ticks: number[];
  min: number;
  max: number;
}
type Range = readonly [from: number, to: number];

const clamp = (value: number): number => Math.min(Math.max(value, 0), 1);

function over(min: number, max: number, [from, to]: Range, ticks: number[], bend: (part: number) => number): Scale {
  const width = max - min || 1;
  return { min, max, ticks, at: (value) => from + bend(clamp((value - min) / width)) * (to - from) };
}

/** Equal steps for equal differences; what lies beyond the ends is drawn at the end. */
export const linear = (min: number, max: number, range: Range, ticks: number[]): Scale =>
  over(min, max, range, ticks, (part) => part);

/** More room near zero, where most happens: for times since receipt. */
export const squareRoot = (max: number, range: Range, ticks: number[]): Scale =>
  over(0, max, range, ticks, Math.sqrt);

/** Four or five round ticks from zero to a round number that holds the largest value. */
export function roundTicks(largest: number): number[] {
  const rough = Math.max(largest, Number.MIN_VALUE) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const count = Math.max(1, Math.ceil(largest / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** Ends of an axis in hours whose quarters read well, as hours up to a day and as days beyond. */
const NICE = [1, 2, 4, 8, 12, 16, 20, 24, 48, 96, 192, 288, 480, 672, 960, 1440, 1920, 2880, 4320, 5760, 8640];

/** Round ticks of an axis in hours that holds all values. */
export function hourTicks(values: readonly number[]): number[] {
  const largest = Math.max(1, ...values);
  const max = NICE.find((one) => one >= largest) ?? Math.ceil(largest / 8640) * 8640;
  return [0, 1, 2, 3, 4].map((quarter) => (quarter * max) / 4);
}

export const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
/** In per cent of the width, with room at both ends, so that a dot at the edge is whole. */
const ACROSS: Range = [2, 98];

export const shareScale: Scale = linear(0, 1, ACROSS, QUARTERS);

/** From zero to a round number that holds all values, across the width in per cent; hours get ticks of their own. */
export function acrossScale(values: readonly number[], unit: string): Scale {
  if (unit === 'share') return shareScale;
  const ticks = unit === 'hours' ? hourTicks(values) : roundTicks(Math.max(...values, 1));
  return linear(0, ticks.at(-1) ?? 1, ACROSS, ticks);
}
