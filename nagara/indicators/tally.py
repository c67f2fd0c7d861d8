"""From rows of facts to cells, whole columns at a time: the counts of each month, code and district at a cut-off.

Every count belongs to one month: times and volumes to that of receipt, promises and escalations to that of the due
time, reopenings to that of the first resolution, clearances and refusals to that of the closing, ratings to that of
the rating. A month that nothing touched, neither an event nor the passing of time, need not be counted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nagara.indicators.cells import (
    AUDIT_COUNTS,
    CLOSING_COUNTS,
    LARGEST_FAMILY,
    LEVELS,
    OUTCOMES,
    REASONS,
    STANDARDS,
    Cell,
    CellKey,
)
from nagara.indicators.facts import FLAG, NO_MONTH, SQUARES, Facts, Group, month_of
from nagara.indicators.life_table import bins_of
from nagara.indicators.packed import CURVE, SCALAR, Packed, PartKey
from nagara.indicators.propensity import LONGEST_HOURS
from nagara.indicators.survival import CAUSES, NOT_ACTIONABLE

HOUR = 3_600_000_000
SECOND = 1_000_000
SECONDS_OF_AN_HOUR = 3600
SETTLED = 30 * 24 * HOUR
"""Microseconds after which a resolution has held, and a late request has been escalated or not."""
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Wanted = Callable[[Ints], Mask]
"""Which months are counted, told of an array of month numbers."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """A declared emergency: from when to before when (microseconds), and where; without districts everywhere."""

    begins: int
    ends: int
    districts: frozenset[str]


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
    """The cells of all rows as of a cut-off (microseconds), in order of key; see ``packed_months``."""
    found = packed_months(facts, groups, cut_off, wanted)
    return {
        (month_of(number), code, district): cell
        for number, month in sorted(found.items())
        for (code, district, _), cell in month.cells().items()
    }


def packed_months(
    facts: Facts,
    groups: Mapping[int, Group],
    cut_off: int,
    wanted: Wanted = every_month,
    emergencies: Sequence[Emergency] = (),
) -> dict[int, Packed]:
    """The cells of each month as of a cut-off (microseconds), by number of the month.

    The rows must be those of the events up to the cut-off. A cell nothing was counted in is not there.
    """
    column: dict[str, Ints] = {
        name: np.ascontiguousarray(facts[name])
        for name in facts.dtype.names or ()
        if name not in ("id", "head")
    }
    column["row_flags"] = column.pop("flags")
    parts, place = _parts(groups)
    in_emergency = _in_emergency(facts, groups, emergencies)
    column["part"] = place[facts["group_id"]] * 2 + in_emergency
    sums = _Sums(parts)
    _count_receipts(sums, column, cut_off, wanted)
    _count_promises(sums, column, cut_off, wanted)
    _count_by_month(sums, column, cut_off, wanted)
    return sums.months()


def _parts(groups: Mapping[int, Group]) -> tuple[list[PartKey], Ints]:
    """Parts that can occur, and which of them each group is; groups of two configurations are one part."""
    first: dict[tuple[str, str], int] = {}
    place = np.zeros(max(groups, default=0) + 1, dtype=np.int64)
    for number, group in groups.items():
        place[number] = first.setdefault((group[0], group[1]), len(first))
    return [(code, district, declared) for code, district in first for declared in (False, True)], place


def _in_emergency(facts: Facts, groups: Mapping[int, Group], emergencies: Sequence[Emergency]) -> Mask:
    found = np.zeros(len(facts), dtype=bool)
    for one in emergencies:
        during = (facts["received"] >= one.begins) & (facts["received"] < one.ends)
        if one.districts:
            there = [number for number, group in groups.items() if group.district in one.districts]
            during &= np.isin(facts["group_id"], there)
        found |= during
    return found


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


def _count_receipts(sums: _Sums, column: dict[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Volumes, times, the backlog and the quality of the data, by month of receipt."""
    column = _chosen(column, wanted(column["month"]))
    key = sums.key(column["month"], column["part"])
    issues, timed = _issues(column), _timed(column)
    reports = ~_flag(column, "staff_created")
    unfinished = timed & ~_flag(column, "closed")
    still_open = unfinished & (column["until"] >= cut_off)
    masks: dict[str, Mask] = {
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
    }
    masks |= {
        name: reports & _flag(column, name) for name in ("entered_by_staff", "times_corrected", "taken_apart")
    }
    plain = ("imported", "without_district", "referred", "reopened", "inconsistent")
    masks |= {name: issues & _flag(column, name) for name in plain}
    for name, mask in masks.items():
        sums.add(key, f"counts.{name}", mask)
    _count_watching(sums, key, column, cut_off, issues, timed)
    for name in ("response", "resolution", "sustained"):
        lasted = (_ended(column, name, cut_off) - column["received"])[timed]
        sums.add_curve(key[timed], name, lasted / HOUR, column[f"{name}_cause"][timed])
    ages = (cut_off - column["received"])[still_open]
    sums.add_curve(key[still_open], "backlog_age", ages / HOUR)
    kept_time = issues & (column["sync"] >= 0)
    sums.add_curve(key[kept_time], "sync_delay", column["sync"][kept_time] / SECONDS_OF_AN_HOUR)
    dated = still_open & (column["due_month"] != NO_MONTH)
    past = dated & (column["due"] < cut_off)
    for number, standard in enumerate(STANDARDS):
        own = column["standard"] == number
        sums.add(key, f"backlog_due.{standard}.dated", dated & own)
        sums.add(key, f"backlog_due.{standard}.past", past & own)
    sizes = np.minimum(column["followers"].astype(np.int64) + 1, LARGEST_FAMILY)
    for size in np.unique(sizes[issues]).tolist():
        sums.add(key, f"tallies.family.{size}", issues & (sizes == size))


def _count_watching(
    sums: _Sums, key: Ints, column: dict[str, Ints], cut_off: int, issues: Mask, timed: Mask
) -> None:
    """Further reports of the same problem, and the time in which they could come."""
    watched = np.minimum(
        np.minimum(_ended(column, "response", cut_off), _ended(column, "resolution", cut_off)),
        np.minimum(column["received"] + int(LONGEST_HOURS * HOUR), cut_off),
    )
    time = np.maximum(0, watched - column["received"])
    early = column["early_followers"].astype(np.int64)
    amounts = {
        "followers": np.where(issues, column["followers"], 0),
        "watched_issues": (timed & (time > 0)).astype(np.int64),
        "watched_seconds": np.where(timed, time // SECOND, 0),
        "early_duplicates": np.where(timed & (time > 0), early, 0),
        "duplicate_squares": _squares(early, time, timed),
    }
    for name, amount in amounts.items():
        sums.add_amounts(key, f"counts.{name}", amount)


def _squares(duplicates: Ints, watched: Ints, timed: Mask) -> Ints:
    """Squared duplicates per hour watched, in millionths: what the dispersion is reckoned from."""
    found = np.zeros(len(watched), dtype=np.int64)
    usable = timed & (watched > 0) & (duplicates > 0)
    rate = duplicates[usable].astype(float) ** 2 * HOUR * SQUARES / watched[usable]
    found[usable] = np.rint(rate).astype(np.int64)
    return found


def _count_promises(sums: _Sums, column: dict[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Promises, those kept for good, and escalations, by the month in which they fell due."""
    fell_due = _timed(column) & (column["due_month"] != NO_MONTH) & (column["due"] <= cut_off)
    column = _chosen(column, fell_due & wanted(column["due_month"]))
    key = sums.key(column["due_month"], column["part"])
    due, cause = column["due"], column["resolution_cause"]
    ended = _ended(column, "resolution", cut_off)
    late = (cause > 0) & (column["resolution"] > due)
    outcomes = {
        "met": (cause == 1) & ~late,
        "missed": late | ((cause == 0) & (due <= ended)),
        "unobserved": (cause == 0) & (due > ended),
        "excluded": (cause > 1) & ~late,
    }
    settled = due + SETTLED <= cut_off
    counted = (outcomes["met"] | outcomes["missed"]) & settled
    declined = outcomes["excluded"] & (cause == NOT_ACTIONABLE) & settled
    kept = counted & outcomes["met"] & (column["sustained_cause"] == 1) & (column["sustained"] <= due)
    for number, standard in enumerate(STANDARDS):
        own = column["standard"] == number
        for outcome in OUTCOMES:
            sums.add(key, f"promise.{standard}.{outcome}", outcomes[outcome] & own)
        sums.add(key, f"tallies.kept_for_good.{standard}", kept & own)
        sums.add(key, f"tallies.settled.{standard}", counted & own)
        sums.add(key, f"tallies.declined_in_time.{standard}", declined & own)
    sums.add(key, "tallies.escalated.0", counted)
    for level in LEVELS[1:]:
        sums.add(key, f"tallies.escalated.{level}", counted & (column["level"] >= int(level)))
    sums.add(key, "counts.moved_before_due", counted & _flag(column, "moved_before_due"))


def _count_by_month(sums: _Sums, column: dict[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Reopenings by month of the first resolution; closings and refusals by that of the closing; ratings."""
    timed, issues = _timed(column), _issues(column)

    def rows_of(name: str, mask: Mask) -> tuple[Ints, dict[str, Ints]]:
        rows = _chosen(column, mask & (column[name] != NO_MONTH) & wanted(column[name]))
        return sums.key(rows[name], rows["part"]), rows

    followed = (column["resolution_cause"] == 1) & (column["resolution"] + SETTLED <= cut_off)
    key, rows = rows_of("resolved_month", timed & followed)
    sums.add(key, "counts.resolved_first", None)
    for name in ("reopened_in_30_days", "photo_reopened"):
        sums.add(key, f"counts.{name}", _flag(rows, name))
    key, rows = rows_of("resolved_month", issues & _flag(column, "audit_drawn"))
    for name in AUDIT_COUNTS:
        sums.add(key, f"counts.{name}", _flag(rows, name))
    key, rows = rows_of("closed_month", timed)
    for name in CLOSING_COUNTS:
        sums.add(key, f"counts.{name}", None if name == "closed" else _flag(rows, name))
    for number, reason in enumerate(REASONS, 1):
        sums.add(key, f"tallies.declined_for.{reason}", rows["reason"] == number)
    key, rows = rows_of("closed_month", issues)
    sums.add(key, "counts.invited", None)
    key, rows = rows_of("rated_month", ~_flag(column, "staff_created"))
    for rating in range(1, 6):
        sums.add(key, f"tallies.ratings.{rating}", rows["rating"] == rating)


def _chosen(column: Mapping[str, Ints], mask: Mask) -> dict[str, Ints]:
    if mask.all():
        return dict(column)
    return {name: values[mask] for name, values in column.items()}


class _Sums:
    """What is counted so far, by place: number of the month times parts, plus the part."""

    def __init__(self, parts: Sequence[PartKey]) -> None:
        self._parts = parts
        self._scalars: list[tuple[Ints, int, Ints]] = []
        self._curves: list[tuple[Ints, Ints, Ints, Ints]] = []

    def key(self, months: Ints, parts: Ints) -> Ints:
        """The place of each row."""
        places: Ints = months.astype(np.int64) * len(self._parts) + parts
        return places

    def add(self, key: Ints, name: str, mask: Mask | None) -> None:
        """Count the rows of a mask (all rows if None) under a name."""
        self.add_amounts(key if mask is None else key[mask], name, None)

    def add_amounts(self, key: Ints, name: str, amounts: Ints | None) -> None:
        """Sum amounts under a name; exact, because whole numbers below 2^53 are exact as floats."""
        if not len(key):
            return
        first = int(key.min())
        found = np.bincount(key - first, weights=amounts)
        used = np.flatnonzero(found)
        if len(used):
            self._scalars.append((used + first, SCALAR[name], np.rint(found[used]).astype(np.int64)))

    def add_curve(
        self, key: Ints, name: str, hours: npt.NDArray[np.float64], causes: Ints | None = None
    ) -> None:
        """Count durations into the bins of a life table, in column 0 unless causes are given."""
        if not len(key):
            return
        first = int(key.min())
        cause: Ints | int = 0 if causes is None else causes.astype(np.int64)
        codes = (((key - first) * CAUSES + cause) << 16) + bins_of(hours)
        codes.sort()
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        counts = np.diff(starts, append=len(codes))
        rest, bins = np.divmod(codes[starts], 1 << 16)
        places, found = np.divmod(rest, CAUSES)
        self._curves.append((places + first, CURVE[f"{name}.0"] + found, bins, counts))

    def months(self) -> dict[int, Packed]:
        """The cells of each month in which anything was counted."""
        size = len(self._parts)
        scalars = _sorted([(k, np.full(len(k), c), v) for k, c, v in self._scalars], 3)
        curves = _sorted(self._curves, 4)
        months = np.unique(np.concatenate((scalars[0] // size, curves[0] // size))) if size else ()
        found = {}
        for month in months:
            own = [_between(rows, month * size, (month + 1) * size) for rows in (scalars, curves)]
            used = np.unique(np.concatenate([rows[0] for rows in own]))
            place = {part: index for index, part in enumerate(used.tolist())}
            to = np.array([place.get(month * size + index, 0) for index in range(size)], dtype=np.int64)
            parts = [self._parts[part - month * size] for part in used.tolist()]
            single, curve = ((to[rows[0] - month * size], *rows[1:]) for rows in own)
            found[int(month)] = Packed.of(parts, [single], [curve])
        return found


def _sorted(rows: Sequence[tuple[Ints, ...]], width: int) -> list[Ints]:
    if not rows:
        return [np.zeros(0, np.int64) for _ in range(width)]
    columns = [np.concatenate([row[i] for row in rows]) for i in range(width)]
    order = np.argsort(columns[0], kind="stable")
    return [column[order] for column in columns]


def _between(rows: Sequence[Ints], first: int, end: int) -> list[Ints]:
    begin, stop = np.searchsorted(rows[0], (first, end))
    return [column[begin:stop] for column in rows]
