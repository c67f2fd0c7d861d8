"""What is counted of one (month, network code, district): the sufficient statistic, in JSON and added up.

Nothing in a cell can point to a person: it holds whole numbers under names from closed lists, and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nagara.indicators.life_table import LifeTable

CellKey = tuple[dt.date, str, str]
"""(first day of the month, network code, district)."""

TABLES = ("response", "resolution", "sustained", "backlog_age", "sync_delay")
RECEIPT_COUNTS = (
    "reports", "duplicates", "staff_created", "simulated", "issues", "inconsistent", "imported",
    "without_district", "referred", "reopened", "answered_by_closing", "lost_from_sight", "open", "open_referred",
    "followers", "watched_issues", "watched_seconds", "early_duplicates", "duplicate_squares",
    "said_fixed", "said_not_fixed", "entered_by_staff", "times_corrected", "taken_apart",
)  # fmt: skip
"""Of the month of receipt; the last three are of all residents' reports. The watched ones and ``early_duplicates`` are
of the time until somebody answered; ``duplicate_squares`` sums squared duplicates per hour watched, in millionths."""

RESOLUTION_COUNTS = ("resolved_first", "reopened_in_30_days", "photo_reopened")
"""Of the month of the first resolution, where it was followed for 30 days."""

AUDIT_COUNTS = ("audit_drawn", "audit_checked", "audit_confirmed")
"""Of the month of the first resolution: issues in an audit's random sample, looked at, and found fixed."""

CLOSING_COUNTS = (
    "closed", "accepted", "owner_changed", "mostly_waited", "closed_at_once", "closed_at_the_last",
)  # fmt: skip
"""Of the month of the closing that stands."""

COUNTS = (
    *RECEIPT_COUNTS, *RESOLUTION_COUNTS, *CLOSING_COUNTS, "invited", "moved_before_due", *AUDIT_COUNTS,
)  # fmt: skip
"""``invited``: issues closed, whose residents were asked for a rating. ``moved_before_due``: of the month of the due
time."""

STANDARDS = ("published", "internal", "reference")
OUTCOMES = ("met", "missed", "excluded", "unobserved")
REASONS = (
    "not_found", "not_an_issue", "out_of_jurisdiction", "insufficient_information", "abuse", "no_answer", "other",
)  # fmt: skip
LEVELS = ("0", "1", "2", "3")
"""Rungs of the ladder: how many reached it or a higher one by 30 days after the due time; 0 is all that fell due."""

ANSWERS = ("answer_in_time", "answer_late", "answer_unseen")
"""What became of the time by which a person was to answer, once it had come."""

LARGEST_FAMILY = 100
TALLIES: Mapping[str, tuple[str, ...]] = {
    "family": tuple(str(size) for size in range(1, LARGEST_FAMILY + 1)),
    **dict.fromkeys(ANSWERS, STANDARDS),
    "kept_for_good": STANDARDS,
    "settled": STANDARDS,
    "declined_in_time": STANDARDS,
    "escalated": LEVELS,
    "declined_for": REASONS,
    "ratings": ("1", "2", "3", "4", "5"),
}
"""Further counts by name: reports of an issue, and whether a person answered by the promised time (month of receipt);
of what fell due 30 days before the cut-off at
least, how many, how many kept by a resolution that held, how many were declined before it and so are not among them,
how many escalated (month of the due time); reasons of declining (month of the closing); residents' ratings (their
own month)."""


@dataclass(frozen=True)
class Cell:
    """Counts of one group of requests; cells of disjoint groups add up."""

    counts: Mapping[str, int] = field(default_factory=dict)
    """By the names in ``COUNTS``; absent means 0."""

    tables: Mapping[str, LifeTable] = field(default_factory=dict)
    """By the names in ``TABLES``; ages of the backlog and delays of phones without a line stand in column 0."""

    promise: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By promise standard, then outcome; counted in the month in which they fell due."""

    backlog_due: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Open requests by promise standard: ``past`` their due time, and ``dated`` (having one)."""

    tallies: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By the names in ``TALLIES``."""

    def count(self, name: str) -> int:
        """One count; 0 where nothing was counted."""
        return self.counts.get(name, 0)

    def table(self, name: str) -> LifeTable:
        """One life table; empty where nothing was counted."""
        return self.tables.get(name, LifeTable())

    def tally(self, name: str) -> Mapping[str, int]:
        """One further table of counts; empty where nothing was counted."""
        return self.tallies.get(name, {})

    @classmethod
    def merged(cls, cells: Iterable[Cell]) -> Cell:
        """The cell of all requests of several disjoint cells."""
        every = list(cells)
        return cls(
            counts=_added(cell.counts for cell in every),
            tables=_MergedTables([cell.tables for cell in every]),
            promise=_added_twice(cell.promise for cell in every),
            backlog_due=_added_twice(cell.backlog_due for cell in every),
            tallies=_added_twice(cell.tallies for cell in every),
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON; zeros and empty tables are left out."""
        return {
            "counts": {name: self.counts[name] for name in COUNTS if self.counts.get(name)},
            "tables": {name: self.tables[name].to_json() for name in TABLES if name in self.tables},
            "promise": _in_order(self.promise),
            "backlog_due": _in_order(self.backlog_due),
            "tallies": _in_order(self.tallies),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Cell:
        """The cell written by ``to_json``; raises ValueError for a name or a number it does not know."""
        tallies = content.get("tallies", {})
        unknown = set(content) - {"counts", "tables", "promise", "backlog_due", "tallies"}
        unknown |= set(content["counts"]) - set(COUNTS) | set(content["tables"]) - set(TABLES)
        if unknown:
            raise ValueError(f"a cell has no {sorted(unknown)}")
        return cls(
            counts=_checked(content["counts"], COUNTS),
            tables={name: LifeTable.from_json(rows) for name, rows in content["tables"].items()},
            promise=_checked_twice(content["promise"], dict.fromkeys(STANDARDS, OUTCOMES)),
            backlog_due=_checked_twice(content["backlog_due"], dict.fromkeys(STANDARDS, ("dated", "past"))),
            tallies=_checked_twice(tallies, TALLIES),
        )


class _MergedTables(Mapping[str, LifeTable]):
    """Life tables of several cells added up when they are asked for: most figures ask for one or two of five."""

    def __init__(self, parts: Sequence[Mapping[str, LifeTable]]) -> None:
        self._parts: dict[str, list[LifeTable]] = {
            name: found
            for name in TABLES
            if (
                found := [
                    table for part in parts if (table := part.get(name)) is not None and len(table.bins)
                ]
            )
        }
        self._merged: dict[str, LifeTable] = {}

    def __getitem__(self, name: str) -> LifeTable:
        found = self._merged.get(name)
        if found is None:
            found = self._merged[name] = LifeTable.merged(self._parts[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def _checked(counts: Mapping[str, Any], allowed: Iterable[str]) -> dict[str, int]:
    """The counts, if every name is allowed and every number whole and not negative; else ValueError."""
    known = set(allowed)
    for name, count in counts.items():
        if name not in known:
            raise ValueError(f"a cell has no {name[:60]!r}")
        if type(count) is not int or count < 0:
            raise ValueError(f"{name} must be a whole number that is not negative")
    return dict(counts)


def _checked_twice(
    tables: Mapping[str, Mapping[str, Any]], allowed: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, int]]:
    _checked(dict.fromkeys(tables, 0), allowed)
    return {name: _checked(counts, allowed[name]) for name, counts in tables.items()}


def _in_order(tables: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Without zeros, by name: equal cells give equal text."""
    return {
        name: {key: count for key, count in sorted(counts.items()) if count}
        for name, counts in sorted(tables.items())
        if any(counts.values())
    }


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return total


def _added_twice(counts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    every = list(counts)
    names = sorted({name for each in every for name in each})
    return {name: _added(each.get(name, {}) for each in every) for name in names}
