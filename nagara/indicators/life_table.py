"""Life tables: how many requests ended, and how, after how long - all that is needed, and nobody's data.

A duration is rounded up to three significant digits of hours, which gives logarithmic bins of at most 1 %
relative width whose edges are the round numbers people promise in: 24, 72, 168 and 720 hours are edges, so
"within 72 hours" is exact. Tables add up: cities' months merge into a year by adding counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import orjson

from nagara.indicators.survival import CAUSES, RiskTable, SurvivalCurve, kaplan_meier

SMALLEST_HOURS = 0.001
"""3.6 seconds: shorter durations count as this long."""

BINS_PER_DECADE = 900
SPARSE = 1000
"""Rows up to which tables are merged by sorting them."""

_LOWEST_DECADE = -3
_DECADES = 12
_EDGES = np.array(
    [
        float(f"{digits}e{decade - 2}")
        for decade in range(_LOWEST_DECADE, _LOWEST_DECADE + _DECADES)
        for digits in range(100, 1000)
    ]
)

_STEP_BITS = 52 - 11
"""Of the 64 bits of a float those that tell less than 2^-11 of it: within such a step there is one edge at most,
because edges are 0.1 % apart at least. So a look-up and one comparison find a bin, without a search."""

_FIRST_STEP = int(_EDGES[:1].view(np.int64)[0] >> _STEP_BITS)
_EDGE_OF_STEP = np.searchsorted(
    _EDGES,
    (np.arange(_FIRST_STEP, int(_EDGES[-1:].view(np.int64)[0] >> _STEP_BITS) + 1) << _STEP_BITS).view(
        np.float64
    ),
).astype(np.int64)
"""The first edge that is not below the beginning of each step."""

Ints = npt.NDArray[np.int64]


def bins_of(hours: npt.ArrayLike) -> Ints:
    """Bin of each duration: the first whose edge is not below it.

    Raises ValueError for durations that are negative or above the last edge (100,000 years).
    """
    values = np.asarray(hours, dtype=np.float64)
    if values.size and not (values.min() >= 0 and values.max() <= _EDGES[-1]):
        raise ValueError("durations must be finite and not negative")
    rounded = np.ascontiguousarray(values * (1 - 1e-12)).reshape(-1)
    steps = np.clip((rounded.view(np.int64) >> _STEP_BITS) - _FIRST_STEP, 0, len(_EDGE_OF_STEP) - 1)
    edges = _EDGE_OF_STEP[steps]
    found: Ints = (edges + (_EDGES[edges] < rounded)).reshape(values.shape)
    return found


def bin_of(duration: dt.timedelta) -> int:
    """Bin of one duration."""
    return int(bins_of([duration / dt.timedelta(hours=1)])[0])


def hours_of(bins: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The duration each bin stands for, in hours: its upper edge, at most 1 % above what was observed."""
    edges: npt.NDArray[np.float64] = _EDGES[np.asarray(bins, dtype=np.int64)]
    return edges


@dataclass(frozen=True, eq=False)
class LifeTable:
    """Counts by duration bin and cause (0 censored, 1 resolved, 2 not actionable, 3 withdrawn)."""

    bins: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """Ascending; only bins in which something was counted."""

    counts: Ints = field(default_factory=lambda: np.zeros((0, CAUSES), np.int64))
    """A row for each bin, a column for each cause."""

    @classmethod
    def of(cls, hours: npt.ArrayLike, causes: npt.ArrayLike) -> LifeTable:
        """The table of exact observations."""
        bins = bins_of(hours)
        ones = np.zeros((len(bins), CAUSES), np.int64)
        ones[np.arange(len(bins)), np.asarray(causes, dtype=np.int64)] = 1
        return cls._summed(bins, ones)

    @classmethod
    def from_counts(cls, counts: Mapping[tuple[int, int], int]) -> LifeTable:
        """The table of counts by (bin, cause)."""
        found = [(bin_number, cause, count) for (bin_number, cause), count in counts.items() if count]
        cells = np.array(found, dtype=np.int64).reshape(-1, 3)
        rows = np.zeros((len(cells), CAUSES), np.int64)
        rows[np.arange(len(cells)), cells[:, 1]] = cells[:, 2]
        return cls._summed(cells[:, 0], rows)

    @classmethod
    def merged(cls, tables: Iterable[LifeTable]) -> LifeTable:
        """The table of all requests of several tables, provided that no request is in two of them."""
        every = [table for table in tables if len(table.bins)]
        if len(every) < 2:
            return every[0] if every else cls()
        if sum(len(table.bins) for table in every) > SPARSE:
            return cls._laid_out(every)
        return cls._summed(
            np.concatenate([table.bins for table in every]), np.concatenate([table.counts for table in every])
        )

    @classmethod
    def _laid_out(cls, tables: Iterable[LifeTable]) -> LifeTable:
        """The same by way of all bins at once, which is quicker for many rows than sorting them."""
        every = list(tables)
        first = min(int(table.bins[0]) for table in every)
        last = max(int(table.bins[-1]) for table in every)
        total = np.zeros((last - first + 1, CAUSES), np.int64)
        seen = np.zeros(last - first + 1, dtype=bool)
        for table in every:
            places = table.bins - first
            total[places] += table.counts  # a table has no bin twice
            seen[places] = True
        used = np.flatnonzero(seen)
        return cls(used + first, total[used])

    @classmethod
    def _summed(cls, bins: Ints, counts: Ints) -> LifeTable:
        kinds, where = np.unique(bins, return_inverse=True)
        total = np.zeros((len(kinds), CAUSES), np.int64)
        np.add.at(total, where, counts)
        return cls(kinds, total)

    def __add__(self, other: LifeTable) -> LifeTable:
        return LifeTable.merged((self, other))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LifeTable)
            and np.array_equal(self.bins, other.bins)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return len(self.bins) > 0

    @cached_property
    def total(self) -> int:
        """Requests in the table."""
        return sum(self._by_cause)

    def ended(self, cause: int | None = None) -> int:
        """Requests that ended by a cause, or by any."""
        return sum(self._by_cause[1:]) if cause is None else self._by_cause[cause]

    @cached_property
    def _by_cause(self) -> list[int]:
        return [int(column.sum()) for column in self.counts.T]

    @cached_property
    def risk(self) -> RiskTable:
        """The risk table that the estimators read, durations at the bins' upper edges."""
        removed = self.counts.astype(np.float64)
        leaving: npt.NDArray[np.float64] = sum(removed.T, np.zeros(len(removed)))  # whole: exact in any order
        at_risk = leaving[::-1].cumsum()[::-1]
        return RiskTable(hours_of(self.bins), at_risk, removed)

    @cached_property
    def curve(self) -> SurvivalCurve:
        """Share not ended, by any cause, after each time: several figures read the same curve."""
        return kaplan_meier(self.risk)

    def to_json(self) -> list[list[int]]:
        """Five columns for JSON: bins, then the counts of each cause."""
        columns: list[list[int]] = np.column_stack((self.bins, self.counts)).T.tolist()
        return columns

    @classmethod
    def from_json(cls, columns: Sequence[Sequence[int]]) -> LifeTable:
        """The table written by ``to_json``; raises ValueError where it is not one."""
        if len(columns) != 1 + CAUSES or len({len(column) for column in columns}) != 1:
            raise ValueError("not a life table: five columns of one length are needed")
        if not columns[0]:
            return cls()
        cells = np.array(columns)
        if cells.dtype != np.int64 or cells.min() < 0 or not cells[1:].any(axis=0).all():
            raise ValueError("not a life table: counts must be whole, and some in every bin")
        bins: Ints = cells[0]
        if bins[-1] >= len(_EDGES) or (np.diff(bins) <= 0).any():
            raise ValueError("not a life table: bins must ascend within their range")
        return cls(bins, np.ascontiguousarray(cells[1:].T))

    def to_bytes(self) -> bytes:
        """Compact JSON; equal tables give equal bytes."""
        return orjson.dumps(self.to_json())

    @classmethod
    def from_bytes(cls, content: bytes) -> LifeTable:
        """The table written by ``to_bytes``; raises ValueError where it is not one."""
        return cls.from_json(orjson.loads(content))
