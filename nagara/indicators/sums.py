"""Sums by month, code and district over whole columns: rows that are alike are counted once.

A city has few combinations of states in a month, code and district, however many requests: every count is a sum over
these. One sort finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nagara.indicators.life_table import bins_of
from nagara.indicators.packed import CURVE, CURVES, SCALAR, SCALARS, Packed, PartKey

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Distinct:
    """What many rows are alike in: each place with each combination of values, and how many rows have it."""

    key: Ints
    values: tuple[Ints, ...]
    times: Ints

    @classmethod
    def of(cls, key: Ints, *columns: tuple[Ints | Mask, int]) -> Distinct:
        """Of rows at places, and columns of whole numbers from 0 to below 2 to the power of a width."""
        if not len(key):
            nothing = np.zeros(0, dtype=np.int64)
            return cls(nothing, tuple(nothing for _ in columns), nothing)
        first = key.min()
        places, code = None, key - first
        if int(code.max()) >> (62 - sum(width for _, width in columns)):
            places, code = np.unique(code, return_inverse=True)
        for values, width in columns:
            code = (code << width) | values
        code.sort()
        starts = np.flatnonzero(np.diff(code, prepend=-1))
        times = np.diff(starts, append=len(code))
        code, found = code[starts], []
        for _, width in reversed(columns):
            found.append(code & ((1 << width) - 1))
            code >>= width
        return cls((code if places is None else places[code]) + first, tuple(reversed(found)), times)


class Sums:
    """What is counted so far, by place: number of the month times parts, plus the part."""

    def __init__(self, parts: Sequence[PartKey]) -> None:
        self._parts = parts
        self._scalars: list[tuple[Ints, int, Ints]] = []
        self._curves: list[tuple[Ints, Ints, Ints, Ints]] = []

    def key(self, months: Ints, parts: Ints) -> Ints:
        """The place of each row."""
        places: Ints = months.astype(np.int64) * len(self._parts) + parts
        return places

    def add(self, rows: Distinct, name: str, mask: Mask | None = None) -> None:
        """Count the rows of a mask (all rows if None) under a name."""
        if mask is None:
            self.add_amounts(rows.key, name, rows.times)
        elif mask.any():
            self.add_amounts(rows.key[mask], name, rows.times[mask])

    def add_amounts(self, key: Ints, name: str, amounts: Ints) -> None:
        """Sum amounts under a name; exact, because whole numbers below 2^53 are exact as floats."""
        if not amounts.any():
            return
        first = int(key.min())
        found = np.bincount(key - first, weights=amounts)
        used = np.flatnonzero(found)
        self._scalars.append((used + first, SCALAR[name], np.rint(found[used]).astype(np.int64)))

    def add_curve(
        self, key: Ints, name: str, hours: npt.NDArray[np.float64], causes: Ints | None = None
    ) -> None:
        """Count durations into the bins of a life table, in column 0 unless causes are given."""
        cause: Ints = np.zeros(len(key), dtype=np.int64) if causes is None else causes
        rows = Distinct.of(key, (cause, 2), (bins_of(hours), 16))
        if len(rows.key):
            self._curves.append((rows.key, CURVE[f"{name}.0"] + rows.values[0], rows.values[1], rows.times))

    def months(self) -> dict[int, Packed]:
        """The cells of each month in which anything was counted."""
        size = len(self._parts)
        place, column, value = _joined([(k, np.full(len(k), c), v) for k, c, v in self._scalars], 3)
        order = np.argsort(place * len(SCALARS) + column, kind="stable")
        scalars = [rows[order] for rows in (place, column, value)]
        place, column, bins, count = _joined(self._curves, 4)
        order = np.argsort(((place * len(CURVES) + column) << 16) + bins, kind="stable")
        curves = [rows[order] for rows in (place, column, bins, count)]
        found = {}
        for month in np.unique(np.concatenate((scalars[0], curves[0])) // max(1, size)).tolist():
            single, curve = (_between(rows, month * size, (month + 1) * size) for rows in (scalars, curves))
            used = np.zeros(size, dtype=bool)
            used[single[0]], used[curve[0]] = True, True
            to = np.cumsum(used) - 1
            parts = tuple(self._parts[part] for part in np.flatnonzero(used).tolist())
            part, column, value = single
            curve_part, curve_column, bins, count = curve
            found[month] = Packed(parts, to[part], column, value, to[curve_part], curve_column, bins, count)
        return found


def _joined(rows: Sequence[tuple[Ints, ...]], width: int) -> list[Ints]:
    if not rows:
        return [np.zeros(0, np.int64) for _ in range(width)]
    return [np.concatenate([row[i] for row in rows]) for i in range(width)]


def _between(rows: Sequence[Ints], first: int, end: int) -> list[Ints]:
    """The rows of places from the first to before the end, their places counted from the first."""
    begin, stop = np.searchsorted(rows[0], (first, end))
    return [rows[0][begin:stop] - first, *(column[begin:stop] for column in rows[1:])]
