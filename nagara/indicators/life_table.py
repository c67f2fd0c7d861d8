"""Life tables: how many requests ended, and how, after how long - all that is needed, and nobody's data.

A duration is rounded up to three significant digits of hours, which gives logarithmic bins of at most 1 %
relative width whose edges are the round numbers people promise in: 24, 72, 168 and 720 hours are edges, so
"within 72 hours" is exact. Tables add up: cities' months merge into a year by adding counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import orjson

from nagara.indicators.survival import CAUSES, RiskTable, risk_table

SMALLEST_HOURS = 0.001
"""3.6 seconds: shorter durations count as this long."""

BINS_PER_DECADE = 900
_LOWEST_DECADE = -3
_DECADES = 12
_EDGES = np.array(
    [
        float(f"{digits}e{decade - 2}")
        for decade in range(_LOWEST_DECADE, _LOWEST_DECADE + _DECADES)
        for digits in range(100, 1000)
    ]
)

Ints = npt.NDArray[np.int64]
Row = tuple[int, int, int, int, int]
"""(bin, censored, resolved, not actionable, withdrawn)."""


def bins_of(hours: npt.ArrayLike) -> Ints:
    """Bin of each duration: the first whose edge is not below it.

    Raises ValueError for durations that are negative or above the last edge (100,000 years).
    """
    values = np.asarray(hours, dtype=np.float64)
    if values.size and not (values.min() >= 0 and values.max() <= _EDGES[-1]):
        raise ValueError("durations must be finite and not negative")
    found: Ints = np.searchsorted(_EDGES, values * (1 - 1e-12), side="left").astype(np.int64)
    return found


def bin_of(duration: dt.timedelta) -> int:
    """Bin of one duration."""
    return int(bins_of([duration / dt.timedelta(hours=1)])[0])


def hours_of(bins: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The duration each bin stands for, in hours: its upper edge, at most 1 % above what was observed."""
    edges: npt.NDArray[np.float64] = _EDGES[np.asarray(bins, dtype=np.int64)]
    return edges


def _row(bin_number: int, counts: Sequence[int]) -> Row:
    censored, resolved, not_actionable, withdrawn = counts
    return (bin_number, censored, resolved, not_actionable, withdrawn)


@dataclass(frozen=True)
class LifeTable:
    """Counts by duration bin and cause (0 censored, 1 resolved, 2 not actionable, 3 withdrawn)."""

    rows: tuple[Row, ...] = ()
    """Bins ascending, no empty row."""

    @classmethod
    def of(cls, hours: npt.ArrayLike, causes: npt.ArrayLike) -> LifeTable:
        """The table of exact observations."""
        bins, cause = bins_of(hours), np.asarray(causes, dtype=np.int64)
        kinds, where = np.unique(bins, return_inverse=True)
        cells = np.bincount(where * CAUSES + cause, minlength=len(kinds) * CAUSES).reshape(-1, CAUSES)
        return cls(tuple(_row(int(b), row.tolist()) for b, row in zip(kinds, cells, strict=True)))

    @classmethod
    def from_counts(cls, counts: Mapping[tuple[int, int], int]) -> LifeTable:
        """The table of counts by (bin, cause)."""
        rows: dict[int, list[int]] = {}
        for (bin_number, cause), count in counts.items():
            rows.setdefault(bin_number, [0] * CAUSES)[cause] += count
        return cls(tuple(_row(b, rows[b]) for b in sorted(rows) if any(rows[b])))

    @classmethod
    def merged(cls, tables: Iterable[LifeTable]) -> LifeTable:
        """The table of all requests of several tables, provided that no request is in two of them."""
        rows: dict[int, list[int]] = {}
        for table in tables:
            for bin_number, *counts in table.rows:
                row = rows.setdefault(bin_number, [0] * CAUSES)
                for cause, count in enumerate(counts):
                    row[cause] += count
        return cls(tuple(_row(b, rows[b]) for b in sorted(rows)))

    def __add__(self, other: LifeTable) -> LifeTable:
        return LifeTable.merged((self, other))

    @cached_property
    def total(self) -> int:
        """Requests in the table."""
        return sum(sum(row[1:]) for row in self.rows)

    def ended(self, cause: int | None = None) -> int:
        """Requests that ended by a cause, or by any."""
        return sum(row[1 + cause] if cause is not None else sum(row[2:]) for row in self.rows)

    @cached_property
    def risk(self) -> RiskTable:
        """The risk table that the estimators read, durations at the bins' upper edges."""
        cells = np.array(self.rows, dtype=np.int64).reshape(-1, 1 + CAUSES)
        durations = np.repeat(hours_of(cells[:, 0]), CAUSES)
        causes = np.tile(np.arange(CAUSES), len(cells))
        return risk_table(durations, causes, cells[:, 1:].ravel())

    def to_json(self) -> list[list[int]]:
        """Rows as lists, for JSON."""
        return [list(row) for row in self.rows]

    @classmethod
    def from_json(cls, rows: Sequence[Sequence[int]]) -> LifeTable:
        """The table written by ``to_json``; raises ValueError where it is not one."""
        previous = -1
        for row in rows:
            whole = len(row) == 1 + CAUSES and all(type(n) is int and n >= 0 for n in row)
            if not whole or not previous < row[0] < len(_EDGES) or not any(row[1:]):
                raise ValueError(f"not a life table row: {list(row)!r}")
            previous = row[0]
        return cls(tuple(_row(row[0], row[1:]) for row in rows))

    def to_bytes(self) -> bytes:
        """Compact JSON; equal tables give equal bytes."""
        return orjson.dumps(self.to_json())

    @classmethod
    def from_bytes(cls, content: bytes) -> LifeTable:
        """The table written by ``to_bytes``; raises ValueError where it is not one."""
        return cls.from_json(orjson.loads(content))
