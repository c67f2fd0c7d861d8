"""One row of whole numbers for each request: all that its figures need at any later cut-off.

Times are microseconds of Unix time. What is still open holds ``OPEN`` for its end, so that a row stays right while
the cut-off moves on: only requests with new events need new rows. Nothing in a row was said by a resident.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from nagara.indicators.cells import REASONS, STANDARDS
from nagara.indicators.conduct import Conduct, conduct
from nagara.indicators.issue_times import Ending, IssueTimes, LoggedEvent, issue_times
from nagara.indicators.propensity import LONGEST_HOURS

OPEN = 1 << 62
"""Stands for "not yet": later than every time."""

NO_MONTH = -1
FLAGS = (
    "duplicate", "staff_created", "simulated", "imported", "without_district", "referred", "reopened",
    "inconsistent", "answered_by_closing", "closed", "referred_now", "reopened_in_30_days", "accepted",
    "owner_changed", "moved_before_due", "mostly_waited", "closed_at_once", "closed_at_the_last", "photo_reopened",
    "said_fixed", "said_not_fixed", "entered_by_staff", "times_corrected", "taken_apart", "audit_drawn",
    "audit_checked", "audit_confirmed",
)  # fmt: skip
FLAG = {name: 1 << number for number, name in enumerate(FLAGS)}

FAR = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
MOST = 32_000
LONGEST_SYNC = 366 * 24 * 3600
SQUARES = 1_000_000
"""Squares of duplicates per hour are kept in millionths, so that they add up exactly."""

Facts = npt.NDArray[np.void]


class Row(NamedTuple):
    """A request's facts, in the order in which they are stored."""

    group_id: int
    """Number of its network code, district and configuration."""
    month: int
    """Local month of receipt: year * 12 + month - 1."""
    received: int
    response: int
    response_cause: int
    resolution: int
    resolution_cause: int
    sustained: int
    sustained_cause: int
    until: int
    """How far an unfinished request was watched; ``OPEN`` for to any cut-off."""
    due: int
    due_month: int
    answer_due: int
    """By when a person was to answer; ``OPEN`` where nobody promised when."""
    standard: int
    flags: int
    resolved_month: int
    """Of the first resolution."""
    closed_month: int
    """Of the closing that stands."""
    reason: int
    """1 + the number of the reason of a declining that stands; 0 for none."""
    level: int
    rating: int
    rated_month: int
    followers: int
    """Duplicates linked to it."""
    early_followers: int
    """Further reports while nobody had answered, nothing was closed, and 30 days had not passed."""
    events: int
    """How many events it had."""
    sync: int
    """Seconds from the phone's own time of the observation to receipt; -1 where the phone kept none."""


SIZES = {
    "group_id": 4, "month": 4, "received": 8, "response": 8, "response_cause": 2, "resolution": 8,
    "resolution_cause": 2, "sustained": 8, "sustained_cause": 2, "until": 8, "due": 8, "due_month": 4,
    "answer_due": 8, "standard": 2, "flags": 4, "resolved_month": 4, "closed_month": 4, "reason": 2, "level": 2,
    "rating": 2, "rated_month": 4, "followers": 2, "early_followers": 2, "events": 4, "sync": 4,
}  # fmt: skip
"""Bytes of each column."""

KEYED = np.dtype([("id", "V16"), ("head", "V32"), *((name, f"i{SIZES[name]}") for name in Row._fields)])


class Group(NamedTuple):
    """What requests are grouped by; the configuration under which they were filed is not told apart in figures."""

    network_code: str
    district: str
    fingerprint: str


class Groups:
    """Numbers for groups: those that are known, and new ones as they come."""

    def __init__(self, known: dict[Group, int] | None = None) -> None:
        self.numbers = dict(known or {})
        self.new: dict[Group, int] = {}

    def number(self, group: Group) -> int:
        """The number of a group; a new one where it has none yet."""
        found = self.numbers.get(group)
        if found is None:
            found = self.numbers[group] = self.new[group] = max(self.numbers.values(), default=0) + 1
        return found

    def names(self) -> dict[int, Group]:
        """The groups by number."""
        return {number: group for group, number in self.numbers.items()}


def facts_of(
    events: Sequence[LoggedEvent], followers: Sequence[dt.datetime], zone: ZoneInfo, groups: Groups
) -> Row | None:
    """The facts of one request from its events so far, in order; None without events.

    ``followers`` are the receipts of the requests linked to it as duplicates.
    """
    earliest = min(followers, default=None)
    times = issue_times(events, FAR, earliest)
    if times is None:
        return None
    shown = conduct(events, times.received_at, times.due)
    resolved = shown.first_resolved_at
    answered = [end.at for end in (times.response, times.resolution) if end.cause]
    watched_to = min([*answered, times.received_at + dt.timedelta(hours=LONGEST_HOURS)])
    received = sorted([*followers, events[0].occurred_at])[
        1:
    ]  # the first report says that it is there, no more
    return Row(
        group_id=groups.number(Group(times.network_code, times.district, times.config_fingerprint or "")),
        month=month_number(times.received_at, zone),
        received=micros(times.received_at),
        response=_end(times.response),
        response_cause=times.response.cause,
        resolution=_end(times.resolution),
        resolution_cause=times.resolution.cause,
        sustained=_end(times.sustained),
        sustained_cause=times.sustained.cause,
        until=OPEN if times.watched_until >= FAR else micros(times.watched_until),
        due=OPEN if times.due is None else micros(times.due),
        due_month=NO_MONTH if times.due is None else month_number(times.due, zone),
        answer_due=OPEN if times.answer_due is None else micros(times.answer_due),
        standard=STANDARDS.index(times.promise_standard) if times.promise_standard in STANDARDS else 2,
        flags=sum(FLAG[name] for name in _flags(times, shown)),
        resolved_month=NO_MONTH if resolved is None else month_number(resolved, zone),
        closed_month=NO_MONTH if shown.closed_at is None else month_number(shown.closed_at, zone),
        reason=_reason(shown.declined_for),
        level=shown.level,
        rating=shown.rating,
        rated_month=NO_MONTH if shown.rated_at is None else month_number(shown.rated_at, zone),
        followers=min(len(followers), MOST),
        early_followers=min(sum(at <= watched_to for at in received), MOST),
        events=len(events),
        sync=sync_seconds((events[0].data or {}).get("observed_at"), events[0].occurred_at),
    )


def sync_seconds(observed: str | None, received: dt.datetime) -> int:
    """Whole seconds a report waited in a phone without a line; -1 where the phone told no time of its own.

    A phone whose clock runs ahead waited no time.
    """
    if not observed:
        return -1
    waited = received - dt.datetime.fromisoformat(observed)
    return min(max(0, waited // dt.timedelta(seconds=1)), LONGEST_SYNC)


def _end(ending: Ending) -> int:
    return OPEN if ending.at >= FAR else micros(ending.at)


def _reason(name: str | None) -> int:
    if name is None:
        return 0
    return 1 + (REASONS.index(name) if name in REASONS else len(REASONS) - 1)


def _flags(times: IssueTimes, shown: Conduct) -> list[str]:
    states = {
        "duplicate": times.duplicate,
        "staff_created": times.staff_created,
        "entered_by_staff": times.entered_by_staff,
        "simulated": times.simulated,
        "imported": times.imported,
        "without_district": times.district == "-",
        "referred": times.referred,
        "reopened": times.reopened,
        "inconsistent": not times.consistent,
        "answered_by_closing": times.answered_by_closing,
        "closed": not (times.open_at_cut_off or times.lost_from_sight),
        "referred_now": times.referred_at_cut_off,
        "said_fixed": shown.said_fixed is True,
        "said_not_fixed": shown.said_fixed is False,
    }
    return [name for name in FLAGS if (states[name] if name in states else getattr(shown, name))]


def micros(time: dt.datetime) -> int:
    """Microseconds of Unix time, exactly."""
    return (time - EPOCH) // MICROSECOND


def month_number(time: dt.datetime, zone: ZoneInfo) -> int:
    """The local month as a number that counts on over years."""
    local = time.astimezone(zone)
    return local.year * 12 + local.month - 1


def month_of(number: int) -> dt.date:
    """The first day of a month by its number."""
    return dt.date(number // 12, number % 12 + 1, 1)


def keyed(rows: Sequence[tuple[UUID, bytes, Row]]) -> Facts:
    """Rows with the request's id and the hash of its last event, in order of id."""
    in_order = sorted(rows, key=lambda row: row[0].bytes)
    return np.array([(i.bytes, head, *row) for i, head, row in in_order], dtype=KEYED)
