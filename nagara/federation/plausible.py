"""What a bundle may not say, held against the one before it. Pure.

Receipts only grow: of a history that is never deleted, no fewer requests can have come up to any month. And long
after a month nothing comes to it any more, unless history was imported or corrected - which the bundle has to say.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from nagara.indicators.cells import ANSWERS, LEVELS, OUTCOMES, REASONS, STANDARDS, TALLIES, Cell
from nagara.indicators.packed import numbers_of
from nagara.indicators.propensity import LONGEST_HOURS
from nagara.network.errors import (
    FromTheFuture,
    ImplausibleCounts,
    OlderBundle,
    RewrittenMonth,
    ShrunkCounts,
    UnrootedFigures,
)

CLOSED_AFTER = dt.timedelta(days=90)
"""A month is closed for new reports this long after its end: later ones were filed late or imported."""

MAY_SHRINK = ("times_corrected", "method_changed")
"""What can take a report out of a month: it came at another time, or is counted otherwise."""

FEW_MOVE, SHARE_MOVES = 3, 0.01
"""What a closed month may gain or lose without a word: linking a request to an earlier duplicate moves it to the
month in which that one came, which is never a later one.
"""

CLOCKS_MAY_DIFFER = dt.timedelta(minutes=5)

LONGEST_WATCHED = int(LONGEST_HOURS * 3600)
Names = tuple[str, ...]


def _each(parts: Iterable[str], whole: str) -> Iterator[tuple[Names, Names]]:
    return (((part,), (whole,)) for part in parts)


def _counts(*names: str) -> Names:
    return tuple(f"counts.{name}" for name in names)


NOT_MORE: tuple[tuple[Names, Names], ...] = (
    *_each(_counts("simulated", "entered_by_staff", "times_corrected", "taken_apart"), "counts.reports"),
    *_each(
        _counts("imported", "without_district", "referred", "reopened", "inconsistent", "answered_by_closing",
                "watched_issues"),
        "counts.issues",
    ),
    (_counts("said_fixed", "said_not_fixed"), _counts("issues")),
    (_counts("open", "lost_from_sight"), _counts("issues")),
    (tuple(f"tallies.{answer}.{one}" for answer in ANSWERS for one in STANDARDS), _counts("issues")),
    (_counts("open_referred"), _counts("open")),
    (tuple(f"backlog_due.{one}.dated" for one in STANDARDS), _counts("open")),
    *(((f"backlog_due.{one}.past",), (f"backlog_due.{one}.dated",)) for one in STANDARDS),
    (_counts("reopened_in_30_days"), _counts("resolved_first")),
    (_counts("photo_reopened"), _counts("reopened_in_30_days")),
    *_each(_counts("accepted", "mostly_waited", "closed_at_once", "closed_at_the_last"), "counts.closed"),
    (_counts("owner_changed"), _counts("accepted")),
    (tuple(f"tallies.declined_for.{reason}" for reason in REASONS), _counts("closed")),
    (_counts("audit_checked"), _counts("audit_drawn")),
    (_counts("audit_confirmed"), _counts("audit_checked")),
    *(((f"tallies.kept_for_good.{one}",), (f"tallies.settled.{one}",)) for one in STANDARDS),
    *(
        ((f"tallies.settled.{one}",), (f"promise.{one}.met", f"promise.{one}.missed"))
        for one in STANDARDS
    ),
    *(
        ((f"tallies.escalated.{level}",), (f"tallies.escalated.{below}",))
        for below, level in pairwise(LEVELS)
    ),
    (_counts("moved_before_due"), ("tallies.escalated.0",)),
)  # fmt: skip
"""What is part of what, within one cell: the numbers on the left together are never more than those on the right.

Shares are made of these: a part beyond its whole is no share, and no page that shows it could be made.
"""

ONCE_A_REQUEST: Names = (
    *_counts("open", "resolved_first", "closed", "invited", "audit_drawn", "followers", "early_duplicates"),
    *(f"promise.{one}.{outcome}" for one in STANDARDS for outcome in OUTCOMES),
    *(f"tallies.{name}.{key}" for name in ("family", "settled", "declined_in_time", "ratings")
      for key in TALLIES[name]),
)  # fmt: skip
"""Of these a request adds at most 1 to each: over all cells no more than events."""

LATEST_ROOT = dt.timedelta(days=3)
"""A root is made each night; for so long it may have failed before figures without one are refused."""


@dataclass(frozen=True, slots=True)
class Told:
    """What of a bundle can be compared."""

    made_at: dt.datetime
    cut_off: dt.datetime
    method_version: str
    events_seen: int
    reports: Mapping[dt.date, int]
    """Reports and the city's own findings by month of receipt: each is one filed request."""

    @classmethod
    def of(
        cls,
        made_at: dt.datetime,
        cut_off: dt.datetime,
        method_version: str,
        events_seen: int,
        cells: Iterable[tuple[tuple[dt.date, *tuple[object, ...]], Cell]],
    ) -> Told:
        """From the cells of a snapshot."""
        reports: Counter[dt.date] = Counter()
        for (month, *_), cell in cells:
            reports[month] += cell.count("reports") + cell.count("staff_created")
        return cls(made_at, cut_off, method_version, events_seen, dict(reports))


def refuse_future(now: dt.datetime, moments: Mapping[str, dt.datetime]) -> None:
    """Raise ``FromTheFuture`` for a time that has not come, beyond what clocks may differ."""
    for name, moment in moments.items():
        if moment > now + CLOCKS_MAY_DIFFER:
            raise FromTheFuture(f"{name} is {moment.isoformat()}, which has not come yet.", field=name)


def refuse_inconsistent(cells: Mapping[tuple[dt.date, str, str, bool], Cell], told: Told) -> None:
    """Raise ``ImplausibleCounts`` where parts of a cell do not add up, and ``FromTheFuture`` for months to come."""
    last = told.cut_off.date() + dt.timedelta(days=1)  # it is tomorrow already further east
    for (month, code, district, _), cell in cells.items():
        where = f"{month:%Y-%m} {code} {district}"
        if month > last and cell.count("reports"):
            raise FromTheFuture(f"{where}: reports of a month after the cut-off.", field="rows")
        if cell.count("issues") + cell.count("duplicates") != cell.count("reports"):
            raise ImplausibleCounts(f"{where}: issues and duplicates are not the reports.", field="rows")
        for name in ("resolution", "response", "sustained"):
            if cell.table(name).total > cell.count("issues"):
                raise ImplausibleCounts(f"{where}: more times in {name} than issues.", field="rows")
        _refuse_parts_beyond(cell, where)
    _refuse_more_than_events(cells.values(), told.events_seen)
    filed = sum(told.reports.values())
    if filed > told.events_seen:
        raise ImplausibleCounts(
            f"{filed} filed requests, and only {told.events_seen} events, of which each has one at least.",
            field="rows",
        )


def _refuse_parts_beyond(cell: Cell, where: str) -> None:
    numbers = dict(numbers_of(cell))
    for parts, wholes in NOT_MORE:
        part = sum(numbers.get(name, 0) for name in parts)
        if part and part > sum(numbers.get(name, 0) for name in wholes):
            raise ImplausibleCounts(
                f"{where}: {' and '.join(parts)} are more than {' and '.join(wholes)}.", field="rows"
            )
    if numbers.get("counts.watched_seconds", 0) > LONGEST_WATCHED * numbers.get("counts.watched_issues", 0):
        raise ImplausibleCounts(f"{where}: more time was watched than its issues have.", field="rows")


def _refuse_more_than_events(cells: Iterable[Cell], events: int) -> None:
    total: Counter[str] = Counter()
    for cell in cells:
        total.update(dict(numbers_of(cell)))
    for name in ONCE_A_REQUEST:
        if total[name] > events:
            raise ImplausibleCounts(f"{name} is {total[name]} in all, of {events} events.", field="rows")


def refuse_implausible(before: Told, now: Told, restated: Mapping[str, str] | None = None) -> None:
    """Raise what is implausible of a bundle after the one before it; see the classes of the errors."""
    if now.made_at <= before.made_at or now.cut_off < before.cut_off:
        raise OlderBundle(
            f"It was made at {now.made_at.isoformat()} as of {now.cut_off.isoformat()}; what was received before "
            f"was made at {before.made_at.isoformat()} as of {before.cut_off.isoformat()}.",
            field="made_at",
        )
    if now.events_seen < before.events_seen:
        raise ShrunkCounts(
            f"{now.events_seen} events were counted, {before.events_seen} before: a log only grows.",
            field="snapshot.events_seen",
        )
    said = restated or {}
    had = have = 0
    for month in sorted(before.reports.keys() | now.reports.keys()):
        was, is_ = before.reports.get(month, 0), now.reports.get(month, 0)
        reason = said.get(f"{month:%Y-%m}")
        if reason not in MAY_SHRINK:
            had, have = had + was, have + is_
        if have < had:
            raise ShrunkCounts(
                f"{have} requests were filed up to {month:%Y-%m}, {had} before: none is ever deleted.",
                field="rows",
            )
        drift = max(FEW_MOVE, was * SHARE_MOVES)
        if reason is None and abs(is_ - was) > drift and _end(month) + CLOSED_AFTER <= before.cut_off:
            raise RewrittenMonth(
                f"{month:%Y-%m} was closed with {was} filed requests and has {is_} now; say why in restated.",
                field="restated",
            )


def refuse_more_than_rooted(told: Told, requests: int) -> None:
    """Raise ``ImplausibleCounts`` where more was filed than a root that was made afterwards holds."""
    filed = sum(told.reports.values())
    if filed > requests:
        raise ImplausibleCounts(
            f"{filed} filed requests, and {requests} under the root that was made after them.", field="rows"
        )


def refuse_fewer_than_rooted(told: Told, requests: int) -> None:
    """Raise ``ImplausibleCounts`` where fewer were filed than a root that was made before the cut-off holds.

    Whatever a city leaves out of its figures stands in its history all the same: a root counts it.
    """
    filed = sum(told.reports.values())
    if filed < requests:
        raise ImplausibleCounts(
            f"{filed} filed requests, and {requests} under a root that was made before the cut-off.",
            field="rows",
        )


def refuse_unrooted(cut_off: dt.datetime, roots: Iterable[dt.datetime]) -> None:
    """Raise ``UnrootedFigures`` where the newest root was made long before what the figures know of."""
    newest = max(roots, default=None)
    if newest is None or newest < cut_off - LATEST_ROOT:
        last = f"the newest root is of {newest:%Y-%m-%d}" if newest else "there is no root at all"
        raise UnrootedFigures(
            f"The figures are as of {cut_off:%Y-%m-%d}, and {last}: whatever happened since could be written anew.",
            field="roots",
            allowed=f"a root of the {LATEST_ROOT.days} days before the cut-off, or later",
        )


def _end(month: dt.date) -> dt.datetime:
    after = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return dt.datetime.combine(after, dt.time(), dt.UTC)
