"""How a request changes, whoever changes it: its row is locked, its status, stages and clocks are set, and the
event is written - in the caller's one transaction.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import Session, col, select

from city_config import City
from nagara import changes, event_log
from nagara.cities import city_of_reference
from nagara.errors import UnknownRequest
from nagara.escalation.ladder import read_climb, written_climb
from nagara.event_log import Actor, EventKind
from nagara.lifecycle import CLOSED, PAUSED, Status, Transition
from nagara.promises import clocks
from nagara.staff import live
from nagara.tables import Request


def locked(session: Session, city: City, reference: str) -> Request:
    """The request of a reference, locked until the transaction ends; raise ``UnknownRequest``."""
    return _found(session, city, reference, lock=True)


def only_read(session: Session, city: City, reference: str) -> Request:
    """The request of a reference, for looking at it: nobody waits for it. Raise ``UnknownRequest``."""
    return _found(session, city, reference, lock=False)


def _found(session: Session, city: City, reference: str, *, lock: bool) -> Request:
    found = city_of_reference(reference)
    if found is None or found[0].id != city.id:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    query = select(Request).where(col(Request.city_id) == city.id, col(Request.reference) == found[1])
    row = session.exec(query.with_for_update() if lock else query).first()
    if row is None:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    return row


def finish(
    session: Session,
    city: City,
    row: Request,
    step: Transition,
    actor: Actor,
    now: dt.datetime,
    data: dict[str, Any],
) -> int:
    """Set status, stages, clocks and version, and write the event; returns the event's number.

    Screens are told once the transaction stands.
    """
    before, after = Status(row.status), step.end or Status(row.status)
    if before is not after:
        data |= _end_pause(city, row, before, now)
        row.paused_at = now if after in PAUSED else None
    row.status = after.value
    row.acknowledged_at = row.acknowledged_at or (now if step.acknowledges else None)
    row.responded_at = row.responded_at or (now if step.responds else None)
    if after in CLOSED:
        row.closed_at = row.closed_at or now
    if step.end is not None:
        row.status_note = data.get("note")
    set_clocks(city, row)
    if changed := changes.unsaved(row):
        data[changes.CHANGED] = changed
    row.version, row.updated_at = row.version + 1, now
    session.flush()
    live.tell_after_commit(session, city.id, live.changed(row, actor.name))
    kind = EventKind(step.event)
    return event_log.record(session, city.id, row.id, kind, actor, before.value, after.value, data)


def _end_pause(city: City, row: Request, before: Status, now: dt.datetime) -> dict[str, Any]:
    """Move the due times by the working time of the pause, if one ends; old and new stand in the event."""
    ended = clocks.end_pause(city, row, before, read_climb(row.climb), now)
    if ended is None:
        return {}
    row.paused_at = None
    row.climb = written_climb(ended.climb)
    for name, due in ended.due.items():
        setattr(row, name, due)
    return dict(ended.data)


def set_clocks(city: City, row: Request) -> None:
    """Say what is due next and when the ladders move; both stand still while paused or closed."""
    ticking = clocks.ticking(city, row, read_climb(row.climb))
    row.next_due_at, row.next_step_at = ticking.next_due_at, ticking.next_step_at
    row.climb = written_climb(ticking.climb)
