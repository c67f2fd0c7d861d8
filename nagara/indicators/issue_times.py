"""From the events of one request to the times its city is measured by.

The rules are written so that nothing a city does after receipt changes what it is measured against: the
code, the district and the promise are those given at receipt; sending a request to another body does not
stop the resident's waiting; a request that was declined and opened again was not finished.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nagara.indicators.survival import CENSORED, NOT_ACTIONABLE, RESOLVED, WITHDRAWN
from nagara.lifecycle import TRANSITIONS, Move

REOPENING_COUNTS = dt.timedelta(days=30)
"""A request opened again within this time of its resolution was not resolved for good."""

CLOSING = {"resolved": RESOLVED, "declined": NOT_ACTIONABLE, "withdrawn": WITHDRAWN}
RESPONSES = frozenset({"acknowledged", "assigned", "started", "asked", "referred", "resolved", "declined"})
"""What counts as an answer, if a person did it. A note, a priority or a pause tells the resident nothing."""

PEOPLE = frozenset({"staff", "api_key", "import", "external_system"})
"""Actors whose moves are human actions. An import repeats what people did in another system."""

INSPECTION_CHANNELS = frozenset({None, "staff", "inspection"})
"""A request filed by staff over one of these is the city's own finding, not a resident's report."""

ANSWERING = ("acknowledge_by", "respond_by")
"""Promised times that a first answer by a person keeps."""

UNKNOWN_DISTRICT = "-"

SIMULATION = "simulation"
"""The source of made-up requests, as their first event states it."""


class PromiseOutcome(StrEnum):
    """What became of the promised resolution time of one request by the cut-off."""

    NONE = "none"
    """No resolution time was promised."""
    PENDING = "pending"
    """It is not due yet."""
    MET = "met"
    """Resolved by the due time."""
    MISSED = "missed"
    """Not resolved by the due time, or closed otherwise after it."""
    EXCLUDED = "excluded"
    """Declined or withdrawn before it was due: there was nothing left to keep."""
    UNOBSERVED = "unobserved"
    """Due after the source stopped showing the request: nobody knows."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event of the log, as far as times need it. Times are aware."""

    kind: str
    occurred_at: dt.datetime
    actor_kind: str
    to_status: str | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """When something ended and how (a cause of ``survival``), or until when it had not (cause 0)."""

    at: dt.datetime
    cause: int


@dataclass(frozen=True, slots=True)
class IssueTimes:
    """One request's times as seen at a cut-off."""

    received_at: dt.datetime
    network_code: str
    district: str
    response: Ending
    resolution: Ending
    """First resolution, or another closure that stood."""
    sustained: Ending
    """The same, where a resolution opened again within 30 days does not count."""
    due: dt.datetime | None
    answer_due: dt.datetime | None
    """By when the city promised at receipt that a person answers: to acknowledge or to respond, the earlier."""
    promise_standard: str
    promise: PromiseOutcome
    open_at_cut_off: bool
    referred_at_cut_off: bool
    lost_from_sight: bool
    """Unfinished when its source last showed it, before the cut-off; whether it is open is not known."""
    duplicate: bool
    staff_created: bool
    entered_by_staff: bool
    """Written down by staff for a resident who called or came: a resident's report, and counted as one."""
    imported: bool
    simulated: bool
    referred: bool
    reopened: bool
    answered_by_closing: bool
    consistent: bool
    """No event lies before receipt. Inconsistent requests are counted, but have no times."""
    config_fingerprint: str | None
    watched_until: dt.datetime
    """How far an unfinished request is known to be unfinished; at most the cut-off."""


def issue_times(
    events: Sequence[LoggedEvent], cut_off: dt.datetime, received_earlier: dt.datetime | None = None
) -> IssueTimes | None:
    """The times of one request from its events in order; None where it was not received by the cut-off.

    ``received_earlier`` is the receipt of an earlier duplicate of it: the resident's clock starts there.
    Events after the cut-off are not looked at. The first event must be ``filed``, else ValueError.
    """
    seen = [event for event in events if event.occurred_at <= cut_off]
    if not seen or events[0].occurred_at > cut_off:
        return None
    filed = events[0]
    if filed.kind != "filed":
        raise ValueError(f"a request's first event must be 'filed', not {filed.kind!r}")
    data = filed.data or {}
    received = min(filed.occurred_at, received_earlier or filed.occurred_at)
    until = _observed_until(seen, cut_off)
    resolution = _first_closure(seen) or Ending(until, CENSORED)
    response = _first_response(seen)
    due = _time(data.get("resolve_by"))
    closed = _closed(seen)
    over_own_channel = filed.actor_kind == "staff" and data.get("channel") in INSPECTION_CHANNELS
    return IssueTimes(
        received_at=received,
        network_code=data.get("network_code") or "other",
        district=data.get("district") or UNKNOWN_DISTRICT,
        response=response or Ending(_withdrawal(seen) or until, CENSORED),
        resolution=resolution,
        sustained=_sustained_closure(seen) or Ending(until, CENSORED),
        due=due,
        answer_due=min((at for name in ANSWERING if (at := _time(data.get(name)))), default=None),
        promise_standard=data.get("promise_standard") or "reference",
        promise=_promise(due, resolution, cut_off),
        open_at_cut_off=not closed and until >= cut_off,
        referred_at_cut_off=not closed and _status(seen) == "referred",
        lost_from_sight=not closed and until < cut_off,
        duplicate=_is_duplicate(seen),
        staff_created=data.get("channel") == "inspection" or over_own_channel,
        entered_by_staff=filed.actor_kind == "staff" and not over_own_channel,
        imported=filed.actor_kind == "import" and data.get("source") != SIMULATION,
        simulated=data.get("source") == SIMULATION,
        referred=any(event.kind == "referred" for event in seen),
        reopened=any(event.kind == "reopened" for event in seen),
        answered_by_closing=response is not None
        and response.at == resolution.at
        and resolution.cause != CENSORED,
        consistent=all(event.occurred_at >= received for event in seen),
        config_fingerprint=data.get("config_fingerprint"),
        watched_until=until,
    )


def _promise(due: dt.datetime | None, resolution: Ending, cut_off: dt.datetime) -> PromiseOutcome:
    if due is None:
        return PromiseOutcome.NONE
    if due > cut_off:
        return PromiseOutcome.PENDING
    if resolution.cause == CENSORED:
        return PromiseOutcome.MISSED if due <= resolution.at else PromiseOutcome.UNOBSERVED
    if resolution.at > due:
        return PromiseOutcome.MISSED
    return PromiseOutcome.MET if resolution.cause == RESOLVED else PromiseOutcome.EXCLUDED


def _first_response(events: Sequence[LoggedEvent]) -> Ending | None:
    """The first action by a person that answers the resident; routing by rule is not one."""
    for event in _not_taken_back(events[1:]):
        if event.kind in RESPONSES and event.actor_kind in PEOPLE:
            return Ending(event.occurred_at, RESOLVED)
    return None


def _not_taken_back(events: Sequence[LoggedEvent]) -> Sequence[LoggedEvent]:
    """The events without moves that were taken back and what took them back: a slip answers nobody."""
    kept: list[LoggedEvent] = []
    for event in events:
        undid = (event.data or {}).get("undid")
        if undid is None:
            kept.append(event)
            continue
        kind = TRANSITIONS[Move(undid)].event
        slip = next((place for place in reversed(range(len(kept))) if kept[place].kind == kind), None)
        if slip is not None:
            del kept[slip]
    return kept


def _withdrawal(events: Sequence[LoggedEvent]) -> dt.datetime | None:
    """When the resident took it back: nobody owes an answer after that."""
    return next((event.occurred_at for event in events if event.kind == "withdrawn"), None)


def _first_closure(events: Sequence[LoggedEvent]) -> Ending | None:
    """The first resolution, or an earlier declining or withdrawing that was never opened again."""
    for index, event in enumerate(events):
        cause = CLOSING.get(event.kind)
        if cause == RESOLVED or (cause is not None and _reopening_after(events, index) is None):
            return Ending(event.occurred_at, cause)
    return None


def _sustained_closure(events: Sequence[LoggedEvent]) -> Ending | None:
    """The first closure that was not opened again (for resolutions: within 30 days)."""
    for index, event in enumerate(events):
        cause = CLOSING.get(event.kind)
        if cause is None:
            continue
        reopening = _reopening_after(events, index)
        held = reopening is None or (
            cause == RESOLVED and reopening.occurred_at - event.occurred_at > REOPENING_COUNTS
        )
        if held:
            return Ending(event.occurred_at, cause)
    return None


def _reopening_after(events: Sequence[LoggedEvent], index: int) -> LoggedEvent | None:
    return next((event for event in events[index + 1 :] if event.kind == "reopened"), None)


def _closed(events: Sequence[LoggedEvent]) -> bool:
    """Whether the last closing (or linking as a duplicate) still stands."""
    closed = False
    for event in events:
        if event.kind in CLOSING or event.kind == "duplicate_linked":
            closed = True
        elif event.kind == "reopened":
            closed = False
    return closed


def _is_duplicate(events: Sequence[LoggedEvent]) -> bool:
    """Whether it was linked to another request and not taken apart again."""
    linked = False
    for event in events:
        if event.kind == "duplicate_linked":
            linked = True
        elif event.kind == "reopened":
            linked = False
    return linked


def _status(events: Sequence[LoggedEvent]) -> str | None:
    return next((event.to_status for event in reversed(events) if event.to_status), None)


def _observed_until(events: Sequence[LoggedEvent], cut_off: dt.datetime) -> dt.datetime:
    """How far an unfinished request is known to be unfinished.

    The cut-off, because Nagara would know; but for a request imported unfinished only until its source
    last showed it, unless somebody has worked on it in Nagara since.
    """
    last_sight: dt.datetime | None = None
    for event in events:
        if event.kind == "observed":
            last_sight = _time((event.data or {}).get("observed_until")) or event.occurred_at
        elif event.kind == "escalated":
            continue  # the ladder knows no more than the clock
        elif event.actor_kind in ("staff", "resident", "api_key", "external_system"):
            last_sight = None
        elif last_sight is not None and event.actor_kind == "import":
            last_sight = max(last_sight, event.occurred_at)
    return cut_off if last_sight is None else min(cut_off, max(last_sight, events[0].occurred_at))


def _time(text: str | None) -> dt.datetime | None:
    """An aware time from the log's ISO text; raises ValueError for one without a zone."""
    if not text:
        return None
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone")
    return time.astimezone(dt.UTC)
