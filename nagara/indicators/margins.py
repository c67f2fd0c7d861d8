"""Months of a city added up by a name of each part - its code, its district - in one pass over their columns. Pure.

A period's figures need sums by code, and a few numbers by district: never the cells of a code in a district. Adding
months up whole and grouping them afterwards would sort every row twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from nagara.indicators.cells import Cell
from nagara.indicators.packed import CURVES, SCALARS, Packed, PartKey

Ints = npt.NDArray[np.int64]
Columns = npt.NDArray[np.bool_]
NameOf = Callable[[PartKey], str | None]
_LEFT_OUT = -1
_COUNT_BITS, _BIN_BITS = 32, 16


def added_up(
    months: Sequence[Packed], name_of: NameOf, scalars: Columns | None = None, curves: Columns | None = None
) -> dict[str, Cell]:
    """Cells by the names given to parts, over all months; parts without a name are left out. In order of name.

    ``scalars`` and ``curves`` say of each column whether it is wanted; all are, where they are not given.
    """
    names = [[name_of(part) for part in month.parts] for month in months]
    known = sorted({name for every in names for name in every if name is not None})
    number = {name: place for place, name in enumerate(known)}
    single, curve = [], []
    for month, own in zip(months, names, strict=True):
        to = np.array([_LEFT_OUT if name is None else number[name] for name in own], dtype=np.int64)
        single.append(_chosen(to, month.scalar_part, scalars, month.scalar_column, month.value))
        curve.append(_chosen(to, month.curve_part, curves, month.curve_column, month.bins, month.count))
    parts = tuple((name, "", False) for name in known)
    packed = Packed(parts, *_scalars(single), *_curves(curve))
    return {part[0]: cell for part, cell in packed.cells().items()}


def _chosen(to: Ints, parts: Ints, wanted: Columns | None, columns: Ints, *amounts: Ints) -> tuple[Ints, ...]:
    """The rows whose part has a name and whose column is wanted, with the number of the name instead of the part."""
    if not len(parts):
        return parts, columns, *amounts
    place = to[parts]
    kept = place >= 0
    if wanted is not None:
        kept &= wanted[columns]
    if kept.all():
        return place, columns, *amounts
    return place[kept], columns[kept], *(amount[kept] for amount in amounts)


def _scalars(months: Sequence[tuple[Ints, ...]]) -> tuple[Ints, Ints, Ints]:
    """Part, column and value in order, each place once; values may be large, so they are not sorted along."""
    part, column, value = _joined(months, 3)
    size = len(SCALARS)
    sums = np.zeros((int(part.max()) + 1 if len(part) else 0) * size, dtype=np.int64)
    np.add.at(sums, part * size + column, value)
    used = np.flatnonzero(sums)
    return used // size, used % size, sums[used]


def _curves(months: Sequence[tuple[Ints, ...]]) -> tuple[Ints, Ints, Ints, Ints]:
    """Part, column, bin and count in order, each place once.

    Place and count are sorted as one number: that is several times quicker than sorting places and fetching counts.
    """
    part, column, bins, count = _joined(months, 4)
    code = ((part * len(CURVES) + column) << _BIN_BITS) | bins
    if len(code) and (int(code.max()) >> (63 - _COUNT_BITS) or int(count.max()) >> _COUNT_BITS):
        order = np.argsort(code, kind="stable")
        code, count = code[order], count[order]
    else:
        code = (code << _COUNT_BITS) | count
        code.sort()
        count = code & ((1 << _COUNT_BITS) - 1)
        code >>= _COUNT_BITS
    if len(code):
        starts = np.flatnonzero(np.diff(code, prepend=-1))
        code, count = code[starts], np.add.reduceat(count, starts)
    rest = code >> _BIN_BITS
    return rest // len(CURVES), rest % len(CURVES), code & ((1 << _BIN_BITS) - 1), count


def _joined(rows: Sequence[tuple[Ints, ...]], width: int) -> list[Ints]:
    if not rows:
        return [np.zeros(0, np.int64) for _ in range(width)]
    return [np.concatenate([row[i] for row in rows]) for i in range(width)]
