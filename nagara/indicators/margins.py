"""Months of a city added up by a name of each part - its code, its district - in one pass over their columns. Pure.

A period's figures need sums by code, and a few numbers by district: never the cells of a code in a district. Adding
months up whole and grouping them afterwards would sort every row twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nagara.indicators.cells import TABLES, Cell
from nagara.indicators.life_table import LifeTable
from nagara.indicators.packed import CURVES, SCALARS, Packed, PartKey
from nagara.indicators.survival import CAUSES

Ints = npt.NDArray[np.int64]
Columns = npt.NDArray[np.bool_]
NameOf = Callable[[PartKey], str | None]
_LEFT_OUT = -1
_COUNT_BITS, _BIN_BITS = 32, 16
_TABLE_OF = np.arange(len(CURVES)) // CAUSES
_CAUSE_OF = np.arange(len(CURVES)) % CAUSES
_NOTHING = np.zeros(0, dtype=np.int64)
ROOM, MOST_ROOM = 16, 4_000_000
"""Places laid out for each row at most, and in all: beyond, sorting the rows is quicker, and takes less memory."""


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
    laid_out = _laid_out(curve, len(known))
    if laid_out is None:
        packed = Packed(parts, *_scalars(single), *_curves(curve))
        return {part[0]: cell for part, cell in packed.cells().items()}
    cells = Packed(parts, *_scalars(single), *([_NOTHING] * 4)).cells()
    return {
        part[0]: replace(cell, tables=tables)
        for (part, cell), tables in zip(cells.items(), laid_out, strict=True)
    }


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


def _laid_out(months: Sequence[tuple[Ints, ...]], parts: int) -> list[dict[str, LifeTable]] | None:
    """The life tables of each part, counted into all bins at once; None where that room would stand mostly empty."""
    months = [month for month in months if len(month[0])]
    if not months:
        return [{} for _ in range(parts)]
    columns = sum(np.bincount(column, minlength=len(CURVES)) for _, column, _, _ in months)
    used = np.unique(_TABLE_OF[np.flatnonzero(columns)])
    first = min(int(bins.min()) for _, _, bins, _ in months)
    width = max(int(bins.max()) for _, _, bins, _ in months) - first + 1
    groups = parts * len(used)
    if groups * width * CAUSES > min(ROOM * sum(len(month[0]) for month in months), MOST_ROOM):
        return None
    begins = np.zeros(len(TABLES), dtype=np.int64)
    begins[used] = np.arange(len(used)) * (width * CAUSES)
    within = begins[_TABLE_OF] + _CAUSE_OF - first * CAUSES
    total = np.zeros(groups * width * CAUSES, dtype=np.int64)
    seen = np.zeros(groups * width, dtype=bool)
    for part, column, bins, count in months:
        place = part * (len(used) * width * CAUSES)
        place += within[column]
        place += bins * CAUSES
        np.add.at(total, place, count)
        seen[place // CAUSES] = True
    rows = np.flatnonzero(seen)
    edges = np.searchsorted(rows, np.arange(groups + 1) * width).tolist()
    counts = total.reshape(-1, CAUSES)[rows]
    names = [TABLES[number] for number in used.tolist()]
    found: list[dict[str, LifeTable]] = []
    for number in range(parts):
        tables = {}
        for group, name in enumerate(names, number * len(names)):
            begin, end = edges[group], edges[group + 1]
            if end > begin:
                tables[name] = LifeTable(rows[begin:end] + (first - group * width), counts[begin:end])
        found.append(tables)
    return found


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
