/** Where names stand beside marks without lying on each other. What finds no room is left out: the table has it. */
import { extentOf } from './room';

export interface Mark {
  id: string;
  name: string;
  x: number;
  y: number;
}
export interface Label extends Mark {
  anchor: 'start' | 'end' | 'middle';
}
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Above and below the line, with room for the marks that stand on letters. */
const RISE = 11;
const FALL = 4;
const ROOM = 6;
const SIDES = [
  { dx: 10, dy: 4, anchor: 'start' },
  { dx: -10, dy: 4, anchor: 'end' },
  { dx: 0, dy: -11, anchor: 'middle' },
  { dx: 0, dy: 21, anchor: 'middle' },
] as const;

const meet = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

function boxOf(mark: Mark, side: (typeof SIDES)[number]): Box {
  const { left, right } = extentOf(mark.name, mark.x + side.dx, side.anchor);
  return { left, right, top: mark.y + side.dy - RISE, bottom: mark.y + side.dy + FALL };
}

/** Labels of the marks that have room, those that come first before the others. */
export function besideMarks(marks: readonly Mark[], within: Box): Label[] {
  const taken: Box[] = [];
  const dots = marks.map(({ x, y }) => ({ left: x - ROOM, right: x + ROOM, top: y - ROOM, bottom: y + ROOM, x, y }));
  return marks.flatMap((mark) => {
    for (const side of SIDES) {
      const box = boxOf(mark, side);
      const outside = box.left < within.left || box.right > within.right || box.top < within.top || box.bottom > within.bottom;
      const onOther = dots.some((dot) => (dot.x !== mark.x || dot.y !== mark.y) && meet(dot, box));
      if (outside || onOther || taken.some((one) => meet(one, box))) continue;
      taken.push(box);
      return [{ ...mark, x: mark.x + side.dx, y: mark.y + side.dy, anchor: side.anchor }];
    }
    return [];
  });
}
