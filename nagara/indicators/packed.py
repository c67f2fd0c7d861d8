"""A month's cells as columns of whole numbers: how they are kept, added up over months, and read back as cells.

A year of a city is some thousand cells; as objects they take seconds, as columns a few milliseconds. The bytes are
canonical: equal cells give equal bytes. Names stand in the head, so that an old month can be read by a new version.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from nagara.indicators.cells import (
    COUNTS,
    OUTCOMES,
    STANDARDS,
    TABLES,
    TALLIES,
    Cell,
)
from nagara.indicators.life_table import LifeTable
from nagara.indicators.survival import CAUSES

Ints = npt.NDArray[np.int64]
PartKey = tuple[str, str, bool]
"""(network code, district, whether received in a declared emergency)."""

SCALARS: tuple[str, ...] = (
    *(f"counts.{name}" for name in COUNTS),
    *(f"promise.{standard}.{outcome}" for standard in STANDARDS for outcome in OUTCOMES),
    *(f"backlog_due.{standard}.{name}" for standard in STANDARDS for name in ("dated", "past")),
    *(f"tallies.{name}.{key}" for name, keys in TALLIES.items() for key in keys),
)
"""Every single number of a cell."""

SCALAR = {name: number for number, name in enumerate(SCALARS)}
CURVES: tuple[str, ...] = tuple(f"{name}.{cause}" for name in TABLES for cause in range(CAUSES))
"""Every column of a cell's life tables: the table and the cause."""

CURVE = {name: number for number, name in enumerate(CURVES)}
MAGIC = b"NGM1"
_HEAD = struct.Struct(">4sIII")
_SCALAR_ROW = np.dtype([("part", "<u2"), ("column", "<u2"), ("value", "<i8")])
_CURVE_ROW = np.dtype([("part", "<u2"), ("column", "<u2"), ("bin", "<u2"), ("count", "<u4")])


@dataclass(frozen=True, eq=False)
class Packed:
    """Cells by (code, district, emergency) as sparse columns, ascending by part, column and bin."""

    parts: tuple[PartKey, ...]
    scalar_part: Ints
    scalar_column: Ints
    value: Ints
    curve_part: Ints
    curve_column: Ints
    bins: Ints
    count: Ints

    @classmethod
    def of(
        cls,
        parts: Sequence[PartKey],
        scalars: Sequence[tuple[Ints, Ints, Ints]],
        curves: Sequence[tuple[Ints, Ints, Ints, Ints]],
    ) -> Packed:
        """From triples (part, column, value) and (part, column, bin, count) in any order; equal places add up."""
        order = sorted(range(len(parts)), key=lambda i: parts[i])
        place = np.zeros(max(1, len(parts)), dtype=np.int64)
        place[order] = np.arange(len(parts))
        part, column, value = _columns(scalars, 3)
        codes, sums = _added(place[part] * len(SCALARS) + column, value)
        scalar_part, scalar_column = np.divmod(codes, len(SCALARS))
        part, column, bins, count = _columns(curves, 4)
        codes, counts = _added((place[part] * len(CURVES) + column) * (1 << 16) + bins, count)
        rest, found = np.divmod(codes, 1 << 16)
        curve_part, curve_column = np.divmod(rest, len(CURVES))
        every = tuple(parts[index] for index in order)
        return cls(every, scalar_part, scalar_column, sums, curve_part, curve_column, found, counts)

    @classmethod
    def merged(cls, months: Iterable[Packed]) -> Packed:
        """The cells of several disjoint sets of requests added up, part by part."""
        every = list(months)
        numbers: dict[PartKey, int] = {}
        scalars, curves = [], []
        for month in every:
            to = np.array([numbers.setdefault(part, len(numbers)) for part in month.parts], dtype=np.int64)
            if len(month.value):
                scalars.append((to[month.scalar_part], month.scalar_column, month.value))
            if len(month.count):
                curves.append((to[month.curve_part], month.curve_column, month.bins, month.count))
        return cls.of(list(numbers), scalars, curves)

    def where(self, wanted: Callable[[PartKey], bool]) -> Packed:
        """The parts that are wanted, and nothing of the others."""
        chosen = np.array([wanted(part) for part in self.parts], dtype=bool)
        if chosen.all():
            return self
        to = np.cumsum(chosen) - 1
        scalars = chosen[self.scalar_part] if len(self.parts) else np.zeros(0, dtype=bool)
        curves = chosen[self.curve_part] if len(self.parts) else np.zeros(0, dtype=bool)
        return Packed(
            tuple(part for part, kept in zip(self.parts, chosen, strict=True) if kept),
            to[self.scalar_part[scalars]],
            self.scalar_column[scalars],
            self.value[scalars],
            to[self.curve_part[curves]],
            self.curve_column[curves],
            self.bins[curves],
            self.count[curves],
        )

    def grouped(self, name_of: Callable[[PartKey], str]) -> dict[str, Cell]:
        """Cells by the names given to parts; parts of one name are added up. In order of name."""
        names = [name_of(part) for part in self.parts]
        keys = sorted(set(names))
        number = {name: index for index, name in enumerate(keys)}
        to = np.array([number[name] for name in names], dtype=np.int64)
        parts = [(name, "", False) for name in keys]
        scalars = [(to[self.scalar_part], self.scalar_column, self.value)] if len(self.value) else []
        curves = [(to[self.curve_part], self.curve_column, self.bins, self.count)] if len(self.count) else []
        return {part[0]: cell for part, cell in Packed.of(parts, scalars, curves).cells().items()}

    def cells(self) -> dict[PartKey, Cell]:
        """Every part as a cell."""
        scalars = np.searchsorted(self.scalar_part, np.arange(len(self.parts) + 1))
        curves = np.searchsorted(self.curve_part, np.arange(len(self.parts) + 1))
        return {
            part: self._cell(slice(*scalars[i : i + 2]), slice(*curves[i : i + 2]))
            for i, part in enumerate(self.parts)
        }

    def _cell(self, scalars: slice, curves: slice) -> Cell:
        content: dict[str, Any] = {"counts": {}, "promise": {}, "backlog_due": {}, "tallies": {}}
        for column, value in zip(
            self.scalar_column[scalars].tolist(), self.value[scalars].tolist(), strict=True
        ):
            kind, *names = _PATHS[column]
            if len(names) == 1:
                content[kind][names[0]] = value
            else:
                content[kind].setdefault(names[0], {})[names[1]] = value
        columns, bins, count = self.curve_column[curves], self.bins[curves], self.count[curves]
        tables = {}
        edges = np.searchsorted(columns, np.arange(0, len(CURVES) + 1, CAUSES))
        for number, name in enumerate(TABLES):
            begin, end = edges[number], edges[number + 1]
            if end > begin:
                tables[name] = _table(bins[begin:end], columns[begin:end] % CAUSES, count[begin:end])
        return Cell(tables=tables, **content)

    def without_emergency(self) -> dict[tuple[str, str], Cell]:
        """Cells by code and district, whether received in an emergency or not."""
        keys = sorted({part[:2] for part in self.parts})
        names = {key: f"{number:06}" for number, key in enumerate(keys)}
        found = self.grouped(lambda part: names[part[:2]])
        return {key: found[names[key]] for key in keys}

    def backlog(self) -> Packed:
        """What of the cells the backlog is told from: all that a sheet needs of months outside its period."""
        scalars, curves = _BACKLOG_SCALARS[self.scalar_column], _BACKLOG_CURVES[self.curve_column]
        return Packed(
            self.parts,
            self.scalar_part[scalars],
            self.scalar_column[scalars],
            self.value[scalars],
            self.curve_part[curves],
            self.curve_column[curves],
            self.bins[curves],
            self.count[curves],
        )

    def reports(self) -> dict[tuple[str, str], int]:
        """Residents' reports by code and district."""
        own = self.scalar_column == SCALAR["counts.reports"]
        found: dict[tuple[str, str], int] = {}
        for part, value in zip(self.scalar_part[own].tolist(), self.value[own].tolist(), strict=True):
            key = self.parts[part][:2]
            found[key] = found.get(key, 0) + value
        return found

    def has_reports(self) -> bool:
        """Whether any resident reported anything."""
        return bool((self.scalar_column == SCALAR["counts.reports"]).any())

    @cached_property
    def total(self) -> int:
        """Numbers kept."""
        return len(self.value) + len(self.count)

    def to_bytes(self) -> bytes:
        """How it is kept."""
        head = orjson.dumps({"parts": self.parts, "scalars": SCALARS, "curves": CURVES})
        scalars = np.empty(len(self.value), dtype=_SCALAR_ROW)
        scalars["part"], scalars["column"], scalars["value"] = (
            self.scalar_part, self.scalar_column, self.value,
        )  # fmt: skip
        curves = np.empty(len(self.count), dtype=_CURVE_ROW)
        curves["part"], curves["column"], curves["bin"], curves["count"] = (
            self.curve_part, self.curve_column, self.bins, self.count,
        )  # fmt: skip
        sizes = _HEAD.pack(MAGIC, len(head), len(scalars), len(curves))
        return b"".join((sizes, head, scalars.tobytes(), curves.tobytes()))

    @classmethod
    def from_bytes(cls, content: bytes) -> Packed:
        """What ``to_bytes`` wrote; raises ValueError for anything else."""
        if len(content) < _HEAD.size or content[:4] != MAGIC:
            raise ValueError("not a packed month")
        _, length, scalars, curves = _HEAD.unpack_from(content)
        at = _HEAD.size + length
        if len(content) != at + scalars * _SCALAR_ROW.itemsize + curves * _CURVE_ROW.itemsize:
            raise ValueError("a packed month of another length")
        parts, to_scalar, to_curve = _names(content[_HEAD.size : at])
        single = np.frombuffer(content, _SCALAR_ROW, scalars, at)
        curve = np.frombuffer(content, _CURVE_ROW, curves, at + scalars * _SCALAR_ROW.itemsize)
        return cls(
            parts,
            single["part"].astype(np.int64),
            to_scalar[single["column"]],
            single["value"].astype(np.int64),
            curve["part"].astype(np.int64),
            to_curve[curve["column"]],
            curve["bin"].astype(np.int64),
            curve["count"].astype(np.int64),
        )


_BACKLOG_SCALARS = np.array(
    [name in ("counts.open", "counts.lost_from_sight") or name.startswith("backlog_due.") for name in SCALARS]
)
_BACKLOG_CURVES = np.array([name.startswith("backlog_age.") for name in CURVES])
_PATHS = [name.split(".") for name in SCALARS]


def _names(head: bytes) -> tuple[tuple[PartKey, ...], Ints, Ints]:
    """The parts, and where the writer's columns stand in this version; raises ValueError for an unknown name."""
    read = orjson.loads(head)
    try:
        to_scalar = np.array([SCALAR[name] for name in read["scalars"]], dtype=np.int64)
        to_curve = np.array([CURVE[name] for name in read["curves"]], dtype=np.int64)
    except KeyError as error:
        raise ValueError(f"a month has no {error}") from None
    return (
        tuple((code, district, emergency) for code, district, emergency in read["parts"]),
        to_scalar,
        to_curve,
    )


def code_pieces(content: bytes) -> dict[str, list[int]] | None:
    """Where the rows of each code lie within what ``to_bytes`` wrote: first byte (from 1) and length, of the single
    numbers and of the curves. None where its columns are not those of this version."""
    _, length, scalars, curves = _HEAD.unpack_from(content)
    at = _HEAD.size + length
    head = orjson.loads(content[_HEAD.size : at])
    if head["scalars"] != list(SCALARS) or head["curves"] != list(CURVES):
        return None
    codes = [code for code, _, _ in head["parts"]]
    firsts = [place for place, code in enumerate(codes) if not place or code != codes[place - 1]]
    edges = np.array([*firsts, len(codes)])
    found: dict[str, list[int]] = {codes[place]: [] for place in firsts}
    for row, rows in ((_SCALAR_ROW, scalars), (_CURVE_ROW, curves)):
        ends = np.searchsorted(np.frombuffer(content, row, rows, at)["part"], edges) * row.itemsize + at
        for code, first, end in zip(found, ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            found[code] += (first + 1, end - first)
        at += rows * row.itemsize
    return found


def of_code(code: str, pieces: Sequence[tuple[bytes, bytes]]) -> Packed:
    """One code as a single part, of the pieces of several months: rows in any order, places more than once."""
    single = np.frombuffer(b"".join(scalars for scalars, _ in pieces), _SCALAR_ROW)
    curve = np.frombuffer(b"".join(curves for _, curves in pieces), _CURVE_ROW)
    return Packed(
        ((code, "", False),) if pieces else (),
        np.zeros(len(single), dtype=np.int64),
        single["column"].astype(np.int64),
        single["value"].astype(np.int64),
        np.zeros(len(curve), dtype=np.int64),
        *(curve[name].astype(np.int64) for name in ("column", "bin", "count")),
    )


def pack_cells(cells: Mapping[PartKey, Cell]) -> Packed:
    """Cells as columns: for those that come from elsewhere; builds make columns at once."""
    parts = list(cells)
    scalars: list[tuple[int, int, int]] = []
    curves: list[tuple[Ints, Ints, Ints, Ints]] = []
    for number, cell in enumerate(cells.values()):
        for name, value in numbers_of(cell):
            if value:
                scalars.append((number, SCALAR[name], value))
        for name, table in cell.tables.items():
            rows, causes = np.nonzero(table.counts)
            column = CURVE[f"{name}.0"] + causes
            curves.append((np.full(len(rows), number), column, table.bins[rows], table.counts[rows, causes]))
    columns = np.array(scalars, dtype=np.int64).reshape(-1, 3)
    return Packed.of(parts, [(columns[:, 0], columns[:, 1], columns[:, 2])], curves)


def numbers_of(cell: Cell) -> Iterable[tuple[str, int]]:
    """Every single number of a cell under its name in ``SCALARS``."""
    yield from ((f"counts.{name}", value) for name, value in cell.counts.items())
    for kind, tables in (
        ("promise", cell.promise),
        ("backlog_due", cell.backlog_due),
        ("tallies", cell.tallies),
    ):
        for name, values in tables.items():
            yield from ((f"{kind}.{name}.{key}", value) for key, value in values.items())


def _columns(rows: Sequence[tuple[Ints, ...]], width: int) -> list[Ints]:
    if not rows:
        return [np.zeros(0, np.int64) for _ in range(width)]
    return [np.concatenate([row[i] for row in rows]).astype(np.int64, copy=False) for i in range(width)]


def _added(codes: Ints, amounts: Ints) -> tuple[Ints, Ints]:
    """Each code once, ascending, with the sum of its amounts; those of 0 left out."""
    if not len(codes):
        return codes, amounts
    order = np.argsort(codes, kind="stable")
    codes, amounts = codes[order], amounts[order]
    starts = np.flatnonzero(np.diff(codes, prepend=codes[0] - 1))
    sums = np.add.reduceat(amounts, starts)
    kept = sums != 0
    return codes[starts][kept], sums[kept]


def _table(bins: Ints, causes: Ints, count: Ints) -> LifeTable:
    order = np.argsort(bins, kind="stable")
    bins = bins[order]
    begins = np.ones(len(bins), dtype=bool)
    begins[1:] = bins[1:] != bins[:-1]
    where = np.cumsum(begins) - 1
    total = np.zeros((int(where[-1]) + 1, CAUSES), np.int64)
    total[where, causes[order]] = count[order]  # a column has no bin twice
    return LifeTable(bins[begins], total)
