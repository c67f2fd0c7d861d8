"""Correcting when something happened: a new event that says so. The event that was wrong stays as it was written.

Figures take the corrected time; the trail shows both, who corrected it and why. What the database itself recorded -
when an event was written - cannot be corrected, and no event can be moved before the request came in.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from nagara import event_log
from nagara.errors import InvalidInput, UnknownRequest
from nagara.event_log import Actor, EventKind

EVENTS = text("""
select event.request_id, event.seq, event.kind, event.occurred_at, event.recorded_at
  from event join request on request.city_id = event.city_id and request.id = event.request_id
 where event.city_id = :city and request.reference = :reference order by event.seq
""")
LOCK = text("select 1 from request where city_id = :city and reference = :reference for update")
NOT_CORRECTED = frozenset({EventKind.TIME_CORRECTED.value})
LONGEST_REASON = 1000


def correct_time(
    session: Session,
    city_id: str,
    reference: str,
    seq: int,
    happened_at: dt.datetime,
    reason: str,
    actor: Actor,
) -> int:
    """Say that event ``seq`` of a request really happened at another time; returns the new event's number.

    Raises ``UnknownRequest`` or ``InvalidInput``: the time must lie between the request's receipt and the moment in
    which the event was written, and a receipt may only be corrected to an earlier one.
    """
    session.execute(LOCK, {"city": city_id, "reference": reference})
    events = session.execute(EVENTS, {"city": city_id, "reference": reference}).all()
    if not events:
        raise UnknownRequest(f"There is no request {reference!r}.", field="reference")
    wrong = next((event for event in events if event.seq == seq), None)
    if wrong is None or wrong.kind in NOT_CORRECTED:
        allowed = [str(event.seq) for event in events if event.kind not in NOT_CORRECTED]
        raise InvalidInput(f"Event {seq} has no time to correct.", field="number", allowed=allowed)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise InvalidInput("Say why.", field="reason", allowed=f"1 to {LONGEST_REASON} characters")
    first = dt.datetime.min.replace(tzinfo=dt.UTC) if seq == 1 else events[0].occurred_at
    if happened_at.tzinfo is None or not first <= happened_at <= wrong.recorded_at:
        raise InvalidInput(
            "It cannot have happened then.",
            field="occurred_at",
            allowed=f"from {first.isoformat()} to {wrong.recorded_at.isoformat()}",
        )
    data: dict[str, Any] = {
        "event": seq,
        "kind": wrong.kind,
        "stated": wrong.occurred_at.isoformat(),
        "occurred_at": happened_at.isoformat(),
        "reason": reason.strip(),
    }
    return event_log.record(
        session, city_id, wrong.request_id, EventKind.TIME_CORRECTED, actor, None, None, data
    )
