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
    ANSWERS,
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
from nagara.indicators.facts import FLAG, NO_MONTH, OPEN, SQUARES, Facts, Group, month_of
from nagara.indicators.packed import Packed, PartKey
from nagara.indicators.propensity import LONGEST_HOURS
from nagara.indicators.sums import Distinct, Sums
from nagara.indicators.survival import NOT_ACTIONABLE

HOUR = 3_600_000_000
SECOND = 1_000_000
SECONDS_OF_AN_HOUR = 3600
SETTLED = 30 * 24 * HOUR
"""Microseconds after which a resolution has held, and a late request has been escalated or not."""
BLOCK = 4096
"""Rows taken apart at once."""

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
    chosen = sorted(months)
    first, width = (chosen[0] - 1, chosen[-1] - chosen[0] + 3) if chosen else (0, 1)
    table = np.zeros(width, dtype=bool)
    table[[month - first for month in chosen]] = True

    def is_wanted(found: Ints) -> Mask:
        wanted: Mask = table[
            np.clip(found - first, 0, width - 1)
        ]  # those outside fall on an end, which is False
        return wanted

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
    column = _columns(facts)
    parts, place = _parts(groups)
    in_emergency = _in_emergency(facts, groups, emergencies)
    column["part"] = place[column.pop("group_id") * 2 + in_emergency]
    sums = Sums(parts)
    _count_receipts(sums, column, cut_off, wanted)
    _count_promises(sums, column, cut_off, wanted)
    _count_by_month(sums, column, cut_off, wanted)
    return sums.months()


def _columns(facts: Facts) -> dict[str, Ints]:
    """Every number of the rows as a column of its own; in blocks that stay in the processor's cache."""
    names = [name for name in facts.dtype.names or () if name not in ("id", "head", "events")]
    found: dict[str, Ints] = {name: np.empty(len(facts), dtype=facts.dtype[name]) for name in names}
    for start in range(0, len(facts), BLOCK):
        rows = facts[start : start + BLOCK]
        for name, column in found.items():
            column[start : start + BLOCK] = rows[name]
    return found


def _parts(groups: Mapping[int, Group]) -> tuple[list[PartKey], Ints]:
    """Parts that can occur, in order; and which of them each group is, outside and inside an emergency.

    Groups of two configurations are one part.
    """
    parts = sorted(
        {(group[0], group[1], declared) for group in groups.values() for declared in (False, True)}
    )
    number = {part: index for index, part in enumerate(parts)}
    place = np.zeros(2 * max(groups, default=0) + 2, dtype=np.int64)
    for group_id, group in groups.items():
        for declared in (False, True):
            place[2 * group_id + declared] = number[group[0], group[1], declared]
    return parts, place


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
    timed = _timed(facts["flags"])
    waits = ~_flag(facts["flags"], "closed")
    for name in ("response", "resolution", "sustained"):
        waits |= (facts[f"{name}_cause"] == 0) & (facts[name] >= since)
    going = timed & waits & (facts["until"] >= since)
    falling_due = timed & (facts["due"] > since - SETTLED) & (facts["due_month"] != NO_MONTH)
    settling = timed & (facts["resolution_cause"] == 1) & (facts["resolution"] > since - SETTLED)
    going |= timed & (facts["answer_due"] > since) & (facts["answer_due"] != OPEN)
    months = set(facts["month"][going].tolist()) | set(facts["due_month"][falling_due].tolist())
    return months | (set(facts["resolved_month"][settling].tolist()) - {NO_MONTH})


def _flag(flags: Ints, name: str) -> Mask:
    found: Mask = (flags & FLAG[name]) != 0
    return found


def _issues(flags: Ints) -> Mask:
    found: Mask = (flags & (FLAG["staff_created"] | FLAG["duplicate"])) == 0
    return found


def _timed(flags: Ints) -> Mask:
    found: Mask = (flags & (FLAG["staff_created"] | FLAG["duplicate"] | FLAG["inconsistent"])) == 0
    return found


def _ended(column: Mapping[str, Ints], name: str, cut_off: int) -> Ints:
    """When it ended, or until when it was watched."""
    ended: Ints = np.where(column[f"{name}_cause"] == 0, np.minimum(column[name], cut_off), column[name])
    return ended


def _count_receipts(sums: Sums, column: dict[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Volumes, times, the backlog and the quality of the data, by month of receipt."""
    column = _chosen(column, wanted(column["month"]))
    key = sums.key(column["month"], column["part"])
    _count_states(sums, key, column, cut_off)
    timed = _timed(column["flags"])
    _count_watching(sums, key, column, cut_off, timed)
    for name in ("response", "resolution", "sustained"):
        lasted = (_ended(column, name, cut_off) - column["received"])[timed]
        sums.add_curve(key[timed], name, lasted / HOUR, column[f"{name}_cause"][timed])
    still_open = timed & ~_flag(column["flags"], "closed") & (column["until"] >= cut_off)
    ages = (cut_off - column["received"])[still_open]
    sums.add_curve(key[still_open], "backlog_age", ages / HOUR)
    kept_time = _issues(column["flags"]) & (column["sync"] >= 0)
    sums.add_curve(key[kept_time], "sync_delay", column["sync"][kept_time] / SECONDS_OF_AN_HOUR)


def _count_states(sums: Sums, key: Ints, column: Mapping[str, Ints], cut_off: int) -> None:
    """Everything that the states of requests say, counted state by state."""
    sizes = np.minimum(column["followers"].astype(np.int64) + 1, LARGEST_FAMILY)
    dated = column["due_month"] != NO_MONTH
    states = ((column["flags"], len(FLAG)), (column["standard"], 2), (column["until"] >= cut_off, 1),
              (dated, 1), (column["due"] < cut_off, 1), (_answers(column, cut_off), 2), (sizes, 7))  # fmt: skip
    rows = Distinct.of(key, *states)
    flags, standard, watched, has_due, late, answers, sizes = rows.values
    issues, timed, reports = _issues(flags), _timed(flags), ~_flag(flags, "staff_created")
    unfinished = timed & ~_flag(flags, "closed")
    still_open = unfinished & (watched > 0)
    masks: dict[str, Mask] = {
        "reports": reports,
        "duplicates": reports & _flag(flags, "duplicate"),
        "staff_created": ~reports,
        "simulated": reports & _flag(flags, "simulated"),
        "issues": issues,
        "open": still_open,
        "open_referred": still_open & _flag(flags, "referred_now"),
        "lost_from_sight": unfinished & (watched == 0),
        "answered_by_closing": timed & _flag(flags, "answered_by_closing"),
        "said_fixed": issues & _flag(flags, "said_fixed"),
        "said_not_fixed": issues & _flag(flags, "said_not_fixed"),
    }
    watched_for = ("entered_by_staff", "times_corrected", "taken_apart")
    masks |= {name: reports & _flag(flags, name) for name in watched_for}
    plain = ("imported", "without_district", "referred", "reopened", "inconsistent")
    masks |= {name: issues & _flag(flags, name) for name in plain}
    for name, mask in masks.items():
        sums.add(rows, f"counts.{name}", mask)
    promised = still_open & (has_due > 0)
    for number, name in enumerate(STANDARDS):
        own = standard == number
        sums.add(rows, f"backlog_due.{name}.dated", promised & own)
        sums.add(rows, f"backlog_due.{name}.past", promised & own & (late > 0))
        for kind, answer in enumerate(ANSWERS, 1):
            sums.add(rows, f"tallies.{answer}.{name}", timed & own & (answers == kind))
    for size in np.unique(sizes[issues]).tolist():
        sums.add(rows, f"tallies.family.{size}", issues & (sizes == size))


def _answers(column: Mapping[str, Ints], cut_off: int) -> Ints:
    """What became of the promised first answer: a number from 1 in ``ANSWERS``.

    0 where none was promised, its time has not come, or the resident took the request back before it.
    """
    due, answered = column["answer_due"], column["response_cause"] > 0
    came = due <= cut_off
    late = np.where(answered, column["response"] > due, due <= np.minimum(column["response"], cut_off))
    found = np.zeros(len(due), dtype=np.int64)
    found[came & answered & ~late] = 1
    found[came & late] = 2
    found[came & ~late & ~answered & (due > column["until"])] = 3
    return found


def _count_watching(sums: Sums, key: Ints, column: Mapping[str, Ints], cut_off: int, timed: Mask) -> None:
    """Further reports of the same problem, and the time in which they could come."""
    watched = np.minimum(
        np.minimum(_ended(column, "response", cut_off), _ended(column, "resolution", cut_off)),
        np.minimum(column["received"] + int(LONGEST_HOURS * HOUR), cut_off),
    )
    time = np.maximum(0, watched - column["received"])
    early = column["early_followers"].astype(np.int64)
    amounts = {
        "followers": np.where(_issues(column["flags"]), column["followers"], 0),
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


def _count_promises(sums: Sums, column: Mapping[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Promises, those kept for good, and escalations, by the month in which they fell due."""
    fell_due = _timed(column["flags"]) & (column["due_month"] != NO_MONTH) & (column["due"] <= cut_off)
    column = _chosen(column, fell_due & wanted(column["due_month"]))
    due, cause = column["due"], column["resolution_cause"]
    late = (cause > 0) & (column["resolution"] > due)
    unseen = (cause == 0) & (due > _ended(column, "resolution", cut_off))
    lasts = (column["sustained_cause"] == 1) & (column["sustained"] <= due)
    states = ((cause, 2), (late, 1), (unseen, 1), (due + SETTLED <= cut_off, 1), (lasts, 1),
              (column["standard"], 2), (column["level"], 2),
              (_flag(column["flags"], "moved_before_due"), 1))  # fmt: skip
    rows = Distinct.of(sums.key(column["due_month"], column["part"]), *states)
    cause, was_late, was_unseen, settled, lasting, standard, level, moved = rows.values
    outcomes = {
        "met": (cause == 1) & (was_late == 0),
        "missed": (was_late > 0) | ((cause == 0) & (was_unseen == 0)),
        "unobserved": was_unseen > 0,
        "excluded": (cause > 1) & (was_late == 0),
    }
    counted = (outcomes["met"] | outcomes["missed"]) & (settled > 0)
    declined = outcomes["excluded"] & (cause == NOT_ACTIONABLE) & (settled > 0)
    kept = counted & outcomes["met"] & (lasting > 0)
    for number, name in enumerate(STANDARDS):
        own = standard == number
        for outcome in OUTCOMES:
            sums.add(rows, f"promise.{name}.{outcome}", outcomes[outcome] & own)
        sums.add(rows, f"tallies.kept_for_good.{name}", kept & own)
        sums.add(rows, f"tallies.settled.{name}", counted & own)
        sums.add(rows, f"tallies.declined_in_time.{name}", declined & own)
    sums.add(rows, "tallies.escalated.0", counted)
    for rung in LEVELS[1:]:
        sums.add(rows, f"tallies.escalated.{rung}", counted & (level >= int(rung)))
    sums.add(rows, "counts.moved_before_due", counted & (moved > 0))


def _count_by_month(sums: Sums, column: Mapping[str, Ints], cut_off: int, wanted: Wanted) -> None:
    """Reopenings by month of the first resolution; closings and refusals by that of the closing; ratings."""
    timed, issues = _timed(column["flags"]), _issues(column["flags"])

    def rows_of(name: str, mask: Mask, *states: tuple[str, int]) -> Distinct:
        rows = np.flatnonzero(mask & (column[name] != NO_MONTH) & wanted(column[name]))
        key = sums.key(column[name][rows], column["part"][rows])
        return Distinct.of(key, *((column[state][rows], width) for state, width in states))

    followed = (column["resolution_cause"] == 1) & (column["resolution"] + SETTLED <= cut_off)
    rows = rows_of("resolved_month", timed & followed, ("flags", len(FLAG)))
    sums.add(rows, "counts.resolved_first")
    for name in ("reopened_in_30_days", "photo_reopened"):
        sums.add(rows, f"counts.{name}", _flag(rows.values[0], name))
    # what was drawn stays drawn: linking it to another request afterwards takes nothing out of a sample
    rows = rows_of("resolved_month", _flag(column["flags"], "audit_drawn"), ("flags", len(FLAG)))
    for name in AUDIT_COUNTS:
        sums.add(rows, f"counts.{name}", _flag(rows.values[0], name))
    rows = rows_of("closed_month", issues, ("flags", len(FLAG)), ("reason", 3))
    flags, reason = rows.values
    own = _timed(flags)
    for name in CLOSING_COUNTS:
        sums.add(rows, f"counts.{name}", own if name == "closed" else own & _flag(flags, name))
    for number, name in enumerate(REASONS, 1):
        sums.add(rows, f"tallies.declined_for.{name}", own & (reason == number))
    sums.add(rows, "counts.invited")
    rows = rows_of("rated_month", ~_flag(column["flags"], "staff_created"), ("rating", 3))
    for rating in range(1, 6):
        sums.add(rows, f"tallies.ratings.{rating}", rows.values[0] == rating)


def _chosen(column: Mapping[str, Ints], mask: Mask) -> dict[str, Ints]:
    if mask.all():
        return dict(column)
    return {name: values[mask] for name, values in column.items()}
