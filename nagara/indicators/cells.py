"""What is counted of one (month, network code, district): the sufficient statistic, in JSON and added up.

Nothing in a cell can point to a person: it holds counts by duration bin and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nagara.indicators.issue_times import Ending, IssueTimes, PromiseOutcome
from nagara.indicators.life_table import LifeTable, bin_of
from nagara.indicators.survival import CENSORED

TABLES = ("response", "resolution", "sustained", "backlog_age")
COUNTS = (
    "reports",
    "duplicates",
    "staff_created",
    "simulated",
    "issues",
    "inconsistent",
    "imported",
    "without_district",
    "referred",
    "reopened",
    "answered_by_closing",
    "lost_from_sight",
    "open",
    "open_referred",
)


@dataclass(frozen=True)
class Cell:
    """Counts of one group of requests; cells of disjoint groups add up."""

    counts: Mapping[str, int] = field(default_factory=dict)
    """By the names in ``COUNTS``; absent means 0."""

    tables: Mapping[str, LifeTable] = field(default_factory=dict)
    """By the names in ``TABLES``; ages of the backlog stand in column 0."""

    promise: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By promise standard, then outcome; counted in the month in which they fell due."""

    backlog_due: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Open requests by promise standard: ``past`` their due time, and ``dated`` (having one)."""

    def count(self, name: str) -> int:
        """One count; 0 where nothing was counted."""
        return self.counts.get(name, 0)

    def table(self, name: str) -> LifeTable:
        """One life table; empty where nothing was counted."""
        return self.tables.get(name, LifeTable())

    @classmethod
    def merged(cls, cells: Iterable[Cell]) -> Cell:
        """The cell of all requests of several disjoint cells."""
        every = list(cells)
        return cls(
            counts=_added(cell.counts for cell in every),
            tables={
                name: table
                for name in TABLES
                if (table := LifeTable.merged(cell.table(name) for cell in every))
            },
            promise=_added_twice(cell.promise for cell in every),
            backlog_due=_added_twice(cell.backlog_due for cell in every),
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON; zeros and empty tables are left out."""
        return {
            "counts": {name: self.counts[name] for name in COUNTS if self.counts.get(name)},
            "tables": {name: self.tables[name].to_json() for name in TABLES if name in self.tables},
            "promise": {k: dict(v) for k, v in sorted(self.promise.items())},
            "backlog_due": {k: dict(v) for k, v in sorted(self.backlog_due.items())},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Cell:
        """The cell written by ``to_json``; raises ValueError for names it does not know."""
        unknown = set(content["counts"]) - set(COUNTS) | set(content["tables"]) - set(TABLES)
        if unknown:
            raise ValueError(f"a cell has no {sorted(unknown)}")
        return cls(
            counts=dict(content["counts"]),
            tables={name: LifeTable.from_json(rows) for name, rows in content["tables"].items()},
            promise=content["promise"],
            backlog_due=content["backlog_due"],
        )


class CellCounter:
    """Counts requests into a cell, one after another. What a request adds is decided in ``add`` alone."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._tables: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in TABLES}
        self._promise: dict[str, Counter[str]] = {}
        self._backlog_due: dict[str, Counter[str]] = {}

    def add(self, issue: IssueTimes, cut_off: dt.datetime) -> None:
        """Count a request of this cell's month of receipt."""
        if issue.staff_created:
            self._counts["staff_created"] += 1
            return
        self._counts["reports"] += 1
        self._counts["simulated"] += issue.simulated
        if issue.duplicate:
            self._counts["duplicates"] += 1
            return
        self._counts["issues"] += 1
        for name, counts in (
            ("imported", issue.imported),
            ("without_district", issue.district == "-"),
            ("referred", issue.referred),
            ("reopened", issue.reopened),
            ("inconsistent", not issue.consistent),
        ):
            self._counts[name] += counts
        if issue.consistent:
            self._add_times(issue, cut_off)

    def add_promise(self, issue: IssueTimes) -> None:
        """Count the outcome of a promise that fell due in this cell's month."""
        counted = issue.promise not in (PromiseOutcome.NONE, PromiseOutcome.PENDING)
        if counted and issue.consistent and not (issue.staff_created or issue.duplicate):
            self._promise.setdefault(issue.promise_standard, Counter())[issue.promise.value] += 1

    def _add_times(self, issue: IssueTimes, cut_off: dt.datetime) -> None:
        def tell(table: str, ending: Ending) -> None:
            self._tables[table][bin_of(ending.at - issue.received_at), ending.cause] += 1

        tell("response", issue.response)
        tell("resolution", issue.resolution)
        tell("sustained", issue.sustained)
        self._counts["answered_by_closing"] += issue.answered_by_closing
        self._counts["lost_from_sight"] += issue.lost_from_sight
        if not issue.open_at_cut_off:
            return
        self._counts["open"] += 1
        self._counts["open_referred"] += issue.referred_at_cut_off
        tell("backlog_age", Ending(cut_off, CENSORED))
        if issue.due is not None:
            dated = self._backlog_due.setdefault(issue.promise_standard, Counter())
            dated["dated"] += 1
            dated["past"] += issue.due < cut_off

    def cell(self) -> Cell:
        """The counts so far."""
        return Cell(
            counts={name: self._counts[name] for name in COUNTS if self._counts[name]},
            tables={name: LifeTable.from_counts(counts) for name, counts in self._tables.items() if counts},
            promise={k: dict(v) for k, v in self._promise.items()},
            backlog_due={k: dict(v) for k, v in self._backlog_due.items()},
        )


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def _added_twice(counts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    every = list(counts)
    names = sorted({name for each in every for name in each})
    return {name: _added(each.get(name, {}) for each in every) for name in names}
