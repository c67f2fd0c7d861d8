"""From rows of facts to cells, whole columns at a time: the counts of each month, code and district at a cut-off.

Every count belongs to one month: times and volumes to that of receipt, promises and escalations to that of the due
time, reopenings to that of the first resolution, clearances and refusals to that of the closing, ratings to that of
the rating. A month that nothing touched, neither an event nor the passing of time, need not be counted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nagara.indicators.cells import (
    CLOSING_COUNTS,
    LARGEST_FAMILY,
    LEVELS,
    OUTCOMES,
    REASONS,
    RECEIPT_COUNTS,
    STANDARDS,
    Cell,
    CellKey,
)
from nagara.indicators.facts import FLAG, NO_MONTH, SQUARES, Facts, Group, month_of
from nagara.indicators.life_table import LifeTable, bins_of
from nagara.indicators.propensity import LONGEST_HOURS
from nagara.indicators.survival import CAUSES

HOUR = 3_600_000_000
SETTLED = 30 * 24 * HOUR
"""Microseconds after which a resolution has held, and a late request has been escalated or not."""
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Wanted = Callable[[Ints], Mask]
"""Which months are counted, told of an array of month numbers."""


@dataclass
class _Parts:
    """What is counted so far of each (month, group)."""

    counts: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    tables: dict[tuple[int, int], dict[str, LifeTable]] = field(default_factory=dict)
    tallies: dict[str, dict[tuple[int, int], dict[str, dict[str, int]]]] = field(default_factory=dict)


def every_month(months: Ints) -> Mask:
    """All of them."""
    return np.ones(len(months), dtype=bool)


def only(months: Iterable[int]) -> Wanted:
    """The months of these numbers."""
    wanted = np.array(sorted(months), dtype=np.int64)

    def is_wanted(found: Ints) -> Mask:
        chosen: Mask = np.isin(found, wanted)
        return chosen

    return is_wanted


def cells_of(
    facts: Facts, groups: Mapping[int, Group], cut_off: int, wanted: Wanted = every_month
) -> dict[CellKey, Cell]:
    """The cells of all rows as of a cut-off (microseconds), in order of key.

    The rows must be those of the events up to the cut-off. A cell nothing was counted in is not there.
    """
    column = {
        name: facts[name].astype(np.int64) for name in facts.dtype.names or () if name not in ("id", "head")
    }
    column["row_flags"] = column.pop("flags")
    column["group_id"], names = _without_configuration(column["group_id"], groups)
    parts = _Parts()
    _count_receipts(parts, column, cut_off, wanted)
    _count_promises(parts, column, cut_off, wanted)
    _count_by_month(parts, column, cut_off, wanted)
    return _cells(parts, names)


def _without_configuration(
    numbers: Ints, groups: Mapping[int, Group]
) -> tuple[Ints, dict[int, tuple[str, str]]]:
    """Groups that differ in their configuration alone have one number; and the names of those numbers."""
    first: dict[tuple[str, str], int] = {}
    to = np.zeros(max(groups, default=0) + 1, dtype=np.int64)
    for number, group in groups.items():
        to[number] = first.setdefault(group[:2], number)
    return to[numbers], {number: pair for pair, number in first.items()}


def moving_months(facts: Facts, since: int) -> set[int]:
    """Months whose cells change by the passing of time alone after ``since``: something in them is not finished."""
    column = {name: facts[name] for name in facts.dtype.names or ()}
    column["row_flags"] = facts["flags"]
    timed = _timed(column)
    waits = ~_flag(column, "closed")
    for name in ("response", "resolution", "sustained"):
        waits |= (facts[f"{name}_cause"] == 0) & (facts[name] >= since)
    going = timed & waits & (facts["until"] >= since)
    falling_due = timed & (facts["due"] > since - SETTLED) & (facts["due_month"] != NO_MONTH)
    settling = timed & (facts["resolution_cause"] == 1) & (facts["resolution"] > since - SETTLED)
    months = set(facts["month"][going].tolist()) | set(facts["due_month"][falling_due].tolist())
    return months | (set(facts["resolved_month"][settling].tolist()) - {NO_MONTH})


def _flag(column: Mapping[str, Ints], name: str) -> Mask:
    found: Mask = (column["row_flags"] & FLAG[name]) != 0
    return found


def _issues(column: Mapping[str, Ints]) -> Mask:
    return ~(_flag(column, "staff_created") | _flag(column, "duplicate"))


def _timed(column: Mapping[str, Ints]) -> Mask:
    return _issues(column) & ~_flag(column, "inconsistent")


def _ended(column: Mapping[str, Ints], name: str, cut_off: int) -> Ints:
    """When it ended, or until when it was watched."""
    ended: Ints = np.where(column[f"{name}_cause"] == 0, np.minimum(column[name], cut_off), column[name])
    return ended


def _count_receipts(parts: _Parts, column: dict[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Volumes, times, the backlog and the quality of the data, by month of receipt."""
    chosen = wanted(column["month"])
    column = {name: values[chosen] for name, values in column.items()}
    issues, timed = _issues(column), _timed(column)
    reports = ~_flag(column, "staff_created")
    unfinished = timed & ~_flag(column, "closed")
    still_open = unfinished & (column["until"] >= cut_off)
    age = cut_off - column["received"]
    watched = np.minimum(
        np.minimum(_ended(column, "response", cut_off), _ended(column, "resolution", cut_off)),
        np.minimum(column["received"] + int(LONGEST_HOURS * HOUR), cut_off),
    )
    hours = np.maximum(0, watched - column["received"])
    masks: dict[str, Mask | Ints] = {
        "reports": reports,
        "duplicates": reports & _flag(column, "duplicate"),
        "staff_created": ~reports,
        "simulated": reports & _flag(column, "simulated"),
        "issues": issues,
        "open": still_open,
        "open_referred": still_open & _flag(column, "referred_now"),
        "lost_from_sight": unfinished & (column["until"] < cut_off),
        "answered_by_closing": timed & _flag(column, "answered_by_closing"),
        "said_fixed": issues & _flag(column, "said_fixed"),
        "said_not_fixed": issues & _flag(column, "said_not_fixed"),
        "followers": np.where(issues, column["followers"], 0),
        "watched_issues": timed & (hours > 0),
        "watched_seconds": np.where(timed, hours // 1_000_000, 0),
        "early_duplicates": np.where(timed & (hours > 0), column["early_followers"], 0),
        "duplicate_squares": _squares(column["early_followers"], hours, timed),
    }
    plain = ("imported", "without_district", "referred", "reopened", "inconsistent")
    masks |= {name: issues & _flag(column, name) for name in plain}
    key = _Key(column["month"], column["group_id"])
    for name in RECEIPT_COUNTS:
        key.add_counts(parts.counts, name, masks[name])
    endings = ("response", "resolution", "sustained")
    for name in endings:
        bins = bins_of((_ended(column, name, cut_off) - column["received"])[timed] / HOUR)
        key.add_tables(parts.tables, name, timed, bins, column[f"{name}_cause"][timed])
    bins = bins_of(age[still_open] / HOUR)
    key.add_tables(parts.tables, "backlog_age", still_open, bins, np.zeros(len(bins), np.int64))
    dated = still_open & (column["due_month"] != NO_MONTH)
    past = dated & (column["due"] < cut_off)
    for number, standard in enumerate(STANDARDS):
        own = column["standard"] == number
        key.add_tally(parts.tallies, "backlog_due", standard, "dated", dated & own)
        key.add_tally(parts.tallies, "backlog_due", standard, "past", past & own)
    sizes = np.minimum(column["followers"] + 1, LARGEST_FAMILY)
    for size in np.unique(sizes[issues]).tolist():
        key.add_tally(parts.tallies, "tallies", "family", str(size), issues & (sizes == size))


def _squares(duplicates: Ints, watched: Ints, timed: Mask) -> Ints:
    """Squared duplicates per hour watched, in millionths: what the dispersion is reckoned from."""
    usable = timed & (watched > 0)
    rate = np.zeros(len(watched))
    np.divide(duplicates.astype(float) ** 2 * HOUR * SQUARES, watched, out=rate, where=usable)
    return np.rint(rate).astype(np.int64)


def _count_promises(parts: _Parts, column: dict[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Promises, those kept for good, and escalations, by the month in which they fell due."""
    chosen = (
        _timed(column)
        & (column["due_month"] != NO_MONTH)
        & (column["due"] <= cut_off)
        & wanted(column["due_month"])
    )
    column = {name: values[chosen] for name, values in column.items()}
    key = _Key(column["due_month"], column["group_id"])
    due, cause = column["due"], column["resolution_cause"]
    ended = _ended(column, "resolution", cut_off)
    late = (cause > 0) & (column["resolution"] > due)
    outcomes = {
        "met": (cause == 1) & ~late,
        "missed": late | ((cause == 0) & (due <= ended)),
        "unobserved": (cause == 0) & (due > ended),
        "excluded": (cause > 1) & ~late,
    }
    counted = (outcomes["met"] | outcomes["missed"]) & (due + SETTLED <= cut_off)
    kept = counted & outcomes["met"] & (column["sustained_cause"] == 1) & (column["sustained"] <= due)
    for number, standard in enumerate(STANDARDS):
        own = column["standard"] == number
        for outcome in OUTCOMES:
            key.add_tally(parts.tallies, "promise", standard, outcome, outcomes[outcome] & own)
        key.add_tally(parts.tallies, "tallies", "kept_for_good", standard, kept & own)
        key.add_tally(parts.tallies, "tallies", "settled", standard, counted & own)
    key.add_tally(parts.tallies, "tallies", "escalated", "0", counted)
    for level in LEVELS[1:]:
        key.add_tally(parts.tallies, "tallies", "escalated", level, counted & (column["level"] >= int(level)))
    moved = counted & _flag(column, "moved_before_due")
    key.add_counts(parts.counts, "moved_before_due", moved)


def _count_by_month(parts: _Parts, column: Mapping[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Reopenings by month of the first resolution; closings and refusals by that of the closing; ratings."""
    timed, issues = _timed(column), _issues(column)
    reports = ~_flag(column, "staff_created")

    def key_of(name: str, mask: Mask) -> tuple[_Key, Mask]:
        chosen = mask & (column[name] != NO_MONTH) & wanted(column[name])
        return _Key(column[name][chosen], column["group_id"][chosen]), chosen

    followed = (column["resolution_cause"] == 1) & (column["resolution"] + SETTLED <= cut_off)
    key, chosen = key_of("resolved_month", timed & followed)
    key.add_counts(parts.counts, "resolved_first", np.ones(int(chosen.sum()), dtype=bool))
    for name in ("reopened_in_30_days", "photo_reopened"):
        key.add_counts(parts.counts, name, _flag(column, name)[chosen])
    key, chosen = key_of("closed_month", timed)
    for name in CLOSING_COUNTS:
        mask = np.ones(int(chosen.sum()), dtype=bool) if name == "closed" else _flag(column, name)[chosen]
        key.add_counts(parts.counts, name, mask)
    for number, reason in enumerate(REASONS, 1):
        key.add_tally(parts.tallies, "tallies", "declined_for", reason, column["reason"][chosen] == number)
    key, chosen = key_of("closed_month", issues)
    key.add_counts(parts.counts, "invited", np.ones(int(chosen.sum()), dtype=bool))
    key, chosen = key_of("rated_month", reports)
    for rating in range(1, 6):
        key.add_tally(parts.tallies, "tallies", "ratings", str(rating), column["rating"][chosen] == rating)


class _Key:
    """Rows by (month, group), and what is added to the cells of each."""

    def __init__(self, months: Ints, groups: Ints) -> None:
        pairs, self.where = np.unique(months * (1 << 32) + groups, return_inverse=True)
        self.pairs = [(pair >> 32, pair & 0xFFFFFFFF) for pair in pairs.tolist()]

    def _summed(self, amounts: Mask | Ints) -> Iterable[tuple[tuple[int, int], int]]:
        if amounts.dtype == bool:
            sums = np.bincount(self.where[amounts], minlength=len(self.pairs))
        else:
            sums = np.zeros(len(self.pairs), dtype=np.int64)
            np.add.at(sums, self.where, amounts)
        found = np.flatnonzero(sums)
        return ((self.pairs[index], int(sums[index])) for index in found.tolist())

    def add_counts(
        self, into: dict[tuple[int, int], dict[str, int]], name: str, amounts: Mask | Ints
    ) -> None:
        """Sum one count for each cell."""
        for pair, amount in self._summed(amounts):
            into.setdefault(pair, {})[name] = amount

    def add_tally(
        self,
        into: dict[str, dict[tuple[int, int], dict[str, dict[str, int]]]],
        kind: str,
        outer: str,
        inner: str,
        mask: Mask,
    ) -> None:
        """Sum one entry of a table of counts for each cell."""
        cells = into.setdefault(kind, {})
        for pair, amount in self._summed(mask):
            cells.setdefault(pair, {}).setdefault(outer, {})[inner] = amount

    def add_tables(
        self,
        into: dict[tuple[int, int], dict[str, LifeTable]],
        name: str,
        mask: Mask,
        bins: Ints,
        causes: Ints,
    ) -> None:
        """Make the life table of each cell from the bins and causes of the rows in the mask."""
        if not len(bins):
            return
        codes, counts = np.unique((self.where[mask] * (1 << 16) + bins) * CAUSES + causes, return_counts=True)
        cells, rest = np.divmod(codes, (1 << 16) * CAUSES)
        bin_numbers, kinds = np.divmod(rest, CAUSES)
        edges = np.flatnonzero(np.diff(cells, prepend=-1))
        for start, end in zip(edges.tolist(), [*edges[1:].tolist(), len(cells)], strict=True):
            own, columns = bin_numbers[start:end], kinds[start:end]
            starts = np.flatnonzero(np.diff(own, prepend=-1))
            table = np.zeros((len(starts), CAUSES), dtype=np.int64)
            table[np.cumsum(np.diff(own, prepend=-1) != 0) - 1, columns] = counts[start:end]
            pair = self.pairs[int(cells[start])]
            into.setdefault(pair, {})[name] = LifeTable(own[starts], table)


def _cells(parts: _Parts, groups: Mapping[int, tuple[str, str]]) -> dict[CellKey, Cell]:
    pairs = set(parts.counts) | set(parts.tables)
    for kind in parts.tallies.values():
        pairs |= set(kind)

    def tally(kind: str, pair: tuple[int, int]) -> Any:
        return parts.tallies.get(kind, {}).get(pair, {})

    cells = {
        (month_of(pair[0]), *groups[pair[1]]): Cell(
            counts=parts.counts.get(pair, {}),
            tables=parts.tables.get(pair, {}),
            promise=tally("promise", pair),
            backlog_due=tally("backlog_due", pair),
            tallies=tally("tallies", pair),
        )
        for pair in pairs
    }
    return dict(sorted(cells.items()))
