/** How much room words take in a plot, as the browser will draw them: letters of scripts differ too much to be guessed. */

const SIZE = 12;
const GAP = 6;
let pen: CanvasRenderingContext2D | null = null;

/** The width in pixels of a word on an axis or beside a mark. */
export function widthOf(word: string): number {
  pen ??= document.createElement('canvas').getContext('2d');
  if (!pen) return word.length * SIZE;
  pen.font = `${SIZE}px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(word).width;
}

export interface Extent {
  left: number;
  right: number;
}

/** Which of the words of an axis are written, so that none touches another: its ends always, between them what has room. */
export function written(words: readonly Extent[]): boolean[] {
  const last = words.at(-1);
  let end = -Infinity;
  return words.map((word) => {
    const fits = word === last || (word.left >= end + GAP && (last === undefined || word.right + GAP <= last.left));
    const first = end === -Infinity;
    if (fits || first) end = word.right;
    return fits || first;
  });
}

type Anchor = 'start' | 'middle' | 'end';

/** Where a word lies that is written at `x`. */
export function extentOf(word: string, x: number, anchor: Anchor): Extent {
  const wide = widthOf(word);
  const left = x - (anchor === 'end' ? wide : anchor === 'middle' ? wide / 2 : 0);
  return { left, right: left + wide };
}
