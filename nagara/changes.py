"""What changed in a request, field by field: written into each event, and told to whoever saved too late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect
from sqlmodel import Session, col, select

from nagara.event_log import EventKind
from nagara.tables import Event, Request

CHANGED = "changed"
WATCHED = (
    "assignee", "department", "service_code", "network_code", "priority", "district", "closing_reason",
    "acknowledge_by", "respond_by", "resolve_by",
)  # fmt: skip
"""Fields whose old and new values an event keeps; the status has columns of its own, notes stand in the data.

No words of a resident's, such as where they say it is: events can never be changed, and those can be erased.
"""

Change = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What happened since a version: each field with its value then and now, and who did it last."""

    changes: tuple[Change, ...]
    by: str | None


def unsaved(row: Request) -> dict[str, list[Any]]:
    """The watched fields that were set since the row was last flushed: ``{field: [before, after]}``."""
    attributes = inspect(row).attrs
    found = {}
    for name in WATCHED:
        history = attributes[name].history
        if history.has_changes():
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            if before != after:
                found[name] = [before, after]
    return found


def since(session: Session, row: Request, version: int) -> Difference:
    """What changed after a version of a request: each change of it counted one version on and has one event."""
    later = row.version - version
    if later <= 0:
        return Difference((), None)
    query = select(Event).where(col(Event.city_id) == row.city_id, col(Event.request_id) == row.id)
    newest = session.exec(query.order_by(col(Event.seq).desc()).limit(later)).all()
    events = list(reversed(newest))
    last = events[-1] if events else None
    return Difference(tuple(merged(events)), told_name(last.actor_kind, last.actor) if last else None)


def told_name(actor_kind: str, actor: str | None) -> str | None:
    """Who did it, for staff: a contractor's events carry the id of a link, which tells nobody anything."""
    return "contractor" if actor_kind == "contractor" else actor


def merged(events: Iterable[Event]) -> Iterable[Change]:
    """The fields that several events changed, from before the first to after the last; notes and jobs one by one."""
    fields: dict[str, list[Any]] = {}
    single: list[Change] = []
    for event in events:
        for name, (before, after) in _changed(event).items():
            fields.setdefault(name, [before, after])[1] = after
        if event.data.get("note"):
            single.append({"field": "note", "from": None, "to": event.data["note"]})
        single.extend(_of_jobs(event))
    for name, (before, after) in fields.items():
        if before != after:
            yield {"field": name, "from": before, "to": after}
    yield from single


def _of_jobs(event: Event) -> Iterable[Change]:
    """What an event says of jobs and of links for contractors; jobs by their number, links by no id."""
    data = event.data
    match event.kind:
        case EventKind.JOB_CHANGED:
            before = None if data["state"] == "open" else f"{data['job']} open"
            yield {"field": "jobs", "from": before, "to": f"{data['job']} {data['state']}"}
        case EventKind.HANDED_OUT if data.get("withdrawn"):
            yield {"field": "job_link", "from": "waiting", "to": "revoked"}
        case EventKind.HANDED_OUT:
            yield {"field": "job_link", "from": None, "to": "waiting"}
        case EventKind.JOB_REPORTED:
            yield {"field": "job_link", "from": None, "to": data["report"]}
        case _:
            return


def _changed(event: Event) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    if event.from_status is not None and event.from_status != event.to_status:
        found["status"] = [event.from_status, event.to_status]
    raised = event.data.get("priority")  # of a rung of the ladder, which is written without a session
    if isinstance(raised, dict):
        found["priority"] = [raised.get("from"), raised.get("to")]
    return found | dict(event.data.get(CHANGED) or {})
