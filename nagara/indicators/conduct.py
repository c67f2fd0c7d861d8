"""What else the events of a request show of how it was handled: reopenings, owners, pauses, ratings. Pure.

None of it judges. A number that looks odd is a question to the city, and its answer is often a good one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nagara.indicators.issue_times import CLOSING, PEOPLE, REOPENING_COUNTS, LoggedEvent

AT_ONCE = dt.timedelta(minutes=5)
LAST_HOUR = dt.timedelta(hours=1)
LAST_DAY = dt.timedelta(days=1)
LONG_PAUSED = 0.2
"""A request counts as mostly waited with when pauses took more than this share of its time."""

ESCALATION_COUNTS = dt.timedelta(days=30)
HIGHEST_LEVEL = 3
WAITING = frozenset({"waiting_reporter", "on_hold", "referred"})
OWNING = frozenset({"assigned", "recategorised"})
RATINGS = range(1, 6)
FIXED = "fixed"
"""What an audit finds of a resolution that is one."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """How one request was handled, as far as it was seen."""

    first_resolved_at: dt.datetime | None
    reopened_in_30_days: bool
    """Its first resolution was opened again within 30 days."""
    closed_at: dt.datetime | None
    """When the closing that stands was made; None while open or a duplicate."""
    declined_for: str | None
    """The reason of a declining that stands."""
    level: int
    """Highest rung of the ladder reached by 30 days after the due time, at most 3; 0 for none."""
    accepted: bool
    """A person took it on."""
    owner_changed: bool
    """Its department changed after it was taken on: it had been routed wrong."""
    moved_before_due: bool
    """Its department changed within the last day before it was due."""
    mostly_waited: bool
    """Of a closed request: pauses took more than 20 % of its time."""
    closed_at_once: bool
    """Closed by a person within five minutes of receipt."""
    closed_at_the_last: bool
    """Closed by a person within the last hour before it was due."""
    photo_reopened: bool
    """Resolved with a picture and opened again within 30 days."""
    rating: int
    """The resident's latest, 1 to 5; 0 without one."""
    rated_at: dt.datetime | None
    said_fixed: bool | None
    """What the resident answered last when asked whether it was fixed; None without an answer."""
    times_corrected: bool
    """Some event was later said to have happened at another time."""
    taken_apart: bool
    """It was linked to another request as a duplicate, and then was not any more."""
    audit_drawn: bool
    """It is in the random sample of an audit."""
    audit_checked: bool
    """Whoever audits found out whether it is fixed."""
    audit_confirmed: bool
    """They found it fixed; the last finding counts."""


def conduct(events: Sequence[LoggedEvent], received: dt.datetime, due: dt.datetime | None) -> Conduct:
    """How a request was handled, from its events in order; the first is its filing."""
    resolved = next((i for i, event in enumerate(events) if event.kind == "resolved"), None)
    reopening = None if resolved is None else _next_of(events, resolved, "reopened")
    again = (
        resolved is not None
        and reopening is not None
        and reopening.occurred_at - events[resolved].occurred_at <= REOPENING_COUNTS
    )
    closing = _standing_closing(events)
    changes = list(_owner_changes(events))
    said = [event for event in events if event.kind == "feedback_given" and event.data]
    rated = next((e for e in reversed(said) if (e.data or {}).get("rating") in RATINGS), None)
    fixed = next((e for e in reversed(said) if isinstance((e.data or {}).get("fixed"), bool)), None)
    found = next((e for e in reversed(events) if e.kind == "audit_found"), None)
    by_person = closing if closing is not None and closing.actor_kind in PEOPLE else None
    return Conduct(
        first_resolved_at=None if resolved is None else events[resolved].occurred_at,
        reopened_in_30_days=again,
        closed_at=closing.occurred_at if closing else None,
        declined_for=((closing.data or {}).get("reason") or "other")
        if closing and closing.kind == "declined"
        else None,
        level=_level(events, due),
        accepted=_accepted_at(events) is not None,
        owner_changed=any(after_acceptance for _, after_acceptance in changes),
        moved_before_due=due is not None and any(due - LAST_DAY <= at <= due for at, _ in changes),
        mostly_waited=closing is not None and _waited_share(events, received, closing) > LONG_PAUSED,
        closed_at_once=by_person is not None and by_person.occurred_at - received <= AT_ONCE,
        closed_at_the_last=by_person is not None
        and due is not None
        and due - LAST_HOUR <= by_person.occurred_at <= due,
        photo_reopened=again and resolved is not None and bool((events[resolved].data or {}).get("media")),
        rating=(rated.data or {})["rating"] if rated else 0,
        rated_at=rated.occurred_at if rated else None,
        said_fixed=(fixed.data or {})["fixed"] if fixed else None,
        times_corrected=any(event.kind == "time_corrected" for event in events),
        taken_apart=_taken_apart(events),
        audit_drawn=any(event.kind == "audit_drawn" for event in events),
        audit_checked=found is not None,
        audit_confirmed=found is not None and (found.data or {}).get("finding") == FIXED,
    )


def _taken_apart(events: Sequence[LoggedEvent]) -> bool:
    """Whether a link to another request was taken back."""
    moves = [event.kind for event in events if event.kind in ("duplicate_linked", "reopened")]
    return ("duplicate_linked", "reopened") in pairwise(moves)


def _next_of(events: Sequence[LoggedEvent], index: int, kind: str) -> LoggedEvent | None:
    return next((event for event in events[index + 1 :] if event.kind == kind), None)


def _standing_closing(events: Sequence[LoggedEvent]) -> LoggedEvent | None:
    """The closing that was not taken back; None while open, and of a duplicate, which is no issue."""
    closing = None
    for event in events:
        if event.kind in CLOSING and closing is None:
            closing = event
        elif event.kind in ("reopened", "duplicate_linked"):
            closing = None
    return closing


def _accepted_at(events: Sequence[LoggedEvent]) -> dt.datetime | None:
    taken = ("acknowledged", "assigned", "started")
    return next((e.occurred_at for e in events[1:] if e.kind in taken and e.actor_kind in PEOPLE), None)


def _owner_changes(events: Sequence[LoggedEvent]) -> Iterator[tuple[dt.datetime, bool]]:
    """When the owning department changed, and whether a person had taken the request on before."""
    owner = (events[0].data or {}).get("department")
    accepted = _accepted_at(events)
    for event in events[1:]:
        to = (event.data or {}).get("department") if event.kind in OWNING else None
        if to and owner and to != owner:
            yield event.occurred_at, accepted is not None and accepted < event.occurred_at
        owner = to or owner


def _level(events: Sequence[LoggedEvent], due: dt.datetime | None) -> int:
    """The highest rung counted: of the ladder by its number, by hand the first."""
    reached = 0
    for event in events:
        if event.kind != "escalated" or due is None or event.occurred_at > due + ESCALATION_COUNTS:
            continue
        data = event.data or {}
        if data.get("promise", "resolve") == "resolve":
            step = data.get("step", 1)
            reached = max(reached, step if isinstance(step, int) else 1)
    return min(reached, HIGHEST_LEVEL)


def _waited_share(events: Sequence[LoggedEvent], received: dt.datetime, closing: LoggedEvent) -> float:
    """Share of the time from receipt to the closing in which the promise stood still."""
    lasted = closing.occurred_at - received
    if lasted <= dt.timedelta(0):
        return 0.0
    waited, since = dt.timedelta(0), None
    for event in events:
        if since is not None and event.to_status is not None:
            waited += event.occurred_at - since
            since = None
        if event.to_status in WAITING:
            since = event.occurred_at
        if event is closing:
            break
    return waited / lasted
