"""How a request changes, whoever changes it: its row is locked, its status, stages and clocks are set, and the
event is written - in the caller's one transaction.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import Session, col, select

from city_config import City
from nagara import changes, event_log, live
from nagara.cities import city_of_reference
from nagara.deadlines import extended_by_pause, on_calendar_time
from nagara.errors import UnknownRequest
from nagara.event_log import Actor, EventKind
from nagara.ladder import next_step
from nagara.lifecycle import CLOSED, NOTHING_DUE, PAUSED, Status, Transition, next_due
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
    if before in PAUSED and after not in PAUSED:
        data |= _end_pause(city, row, now)
    if after in PAUSED and row.paused_at is None:
        row.paused_at = now
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


def _end_pause(city: City, row: Request, now: dt.datetime) -> dict[str, Any]:
    """Move the due times by the working time of the pause; old and new stand in the event."""
    paused_from, row.paused_at = row.paused_at or now, None
    moved: dict[str, Any] = {"paused_from": paused_from}
    for name in ("acknowledge_by", "respond_by", "resolve_by"):
        due: dt.datetime | None = getattr(row, name)
        if due is not None and due > paused_from:
            calendar_time = _on_calendar_time(city, row, name.removesuffix("_by"))
            later = extended_by_pause(
                city, row.department, due, paused_from, now, calendar_time=calendar_time
            )
            moved |= {f"{name}_before": due, name: later}
            setattr(row, name, later)
    return moved


def _on_calendar_time(city: City, row: Request, stage: str) -> bool:
    """Whether the stage was promised in calendar time; a service no longer offered is taken as not."""
    service = city.services_by_code.get(row.service_code)
    return service is not None and on_calendar_time(service, row.priority, stage)  # type: ignore[arg-type]


def set_clocks(city: City, row: Request) -> None:
    """Say what is due next and when the ladder's next step comes; both stand still while paused or closed."""
    status = Status(row.status)
    row.next_due_at = next_due(
        status,
        acknowledge_by=row.acknowledge_by,
        respond_by=row.respond_by,
        resolve_by=row.resolve_by,
        acknowledged=row.acknowledged_at is not None,
        responded=row.responded_at is not None,
    )
    if row.next_due_at == NOTHING_DUE and (status in CLOSED or status in PAUSED):
        row.next_step_at = None
        return
    step = next_step(city, row.received_at, row.resolve_by, row.escalation_step)
    row.next_step_at = step.at if step else None
