"""Taking a move back: the request stands again as it stood, and one event says that it was undone.

Held against the version the move left: whoever changed the request since is never overruled. Times of stages
become what they were, so that nothing late looks answered because of a slip that was taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from city_config import City
from nagara import changes
from nagara.accounts import Account
from nagara.changing import finish, locked
from nagara.errors import ChangedMeanwhile, NotPermitted
from nagara.event_log import Actor, EventKind
from nagara.lifecycle import Move, Status, Transition
from nagara.permissions import Permission, permission_for
from nagara.tables import Request, StaffJobRow

EVENTS: Mapping[Move, EventKind] = {
    Move.ASSIGN: EventKind.ASSIGNED,
    Move.PAUSE: EventKind.RESUMED,
    Move.RESOLVE: EventKind.REOPENED,
    Move.DECLINE: EventKind.REOPENED,
    Move.LINK_DUPLICATE: EventKind.REOPENED,
}
"""Moves that are taken back by restoring, and the event that says so, as every reader of the history knows it."""

STAGES = ("acknowledged_at", "responded_at")
FIELDS = ("assignee", "department")


def undoing(before: Mapping[str, Any], made_by: str) -> dict[str, Any]:
    """What the row of an undoing job keeps: how the request stood, and who had moved it."""
    return {"before": dict(before), "made_by": made_by}


def restore(session: Session, city: City, account: Account, undone: StaffJobRow) -> Request:
    """Take one move back; returns the request as it stands then.

    Raises ``NotPermitted``, ``UnknownRequest``, or ``ChangedMeanwhile``; then nothing has changed.
    """
    move, before = Move(undone.move), undone.details["before"]
    row = locked(session, city, undone.reference)
    _demand(account, row, move, before, undone.details["made_by"])
    if row.version != undone.version:
        found = changes.since(session, row, undone.version or row.version)
        raise ChangedMeanwhile(
            f"{row.reference} changed after the move that is undone: version {row.version}, "
            f"then {undone.version}.",
            field="version",
            allowed=str(row.version),
            details={"changes": found.changes, "by": found.by},
        )
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    for name in FIELDS:
        setattr(row, name, before[name])
    for name in STAGES:
        setattr(row, name, _time(before[name]))
    if EVENTS[move] is EventKind.REOPENED:
        row.closing_reason, row.closed_at, row.duplicate_of = None, None, None
    status = Status(before["status"])
    step = Transition(
        frozenset({Status(row.status)}), status, EVENTS[move].value, (), "A move is taken back."
    )
    said = {"undid": move.value, "assignee": row.assignee, "department": row.department}
    finish(session, city, row, step, Actor("staff", account.sign_in_name), now, said)
    row.status_note = before.get("status_note")
    session.add(row)
    return row


def _demand(account: Account, row: Request, move: Move, before: Mapping[str, Any], made_by: str) -> None:
    """Whoever made the move may take it back wherever it went; of others who supervises the departments."""
    account.demand(permission_for(move))
    if account.username == made_by:
        return
    account.demand(Permission.SUPERVISE)
    if not (account.works_for(row.department) or account.works_for(before["department"])):
        own = ", ".join(account.departments)
        raise NotPermitted(f"The request belongs to {row.department}, you to {own}.")


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
