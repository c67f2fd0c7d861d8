"""What staff do to a request: lock the row, ask the lifecycle, change, write the event - in one transaction.

The caller owns the transaction. A move that is refused changes nothing and says why.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from city_config import City
from nagara import changes
from nagara.accounts import Account
from nagara.accounts.hands import demand_able
from nagara.changing import finish, locked
from nagara.cities import city_of_reference, service_of
from nagara.errors import (
    ChangedMeanwhile,
    EvidenceMissing,
    InvalidInput,
    MoveNotAllowed,
    NotPermitted,
    UnknownRequest,
)
from nagara.escalation import answering as escalating
from nagara.event_log import Actor, EventKind
from nagara.field_work import jobs
from nagara.field_work.evidence import is_proven
from nagara.filing.handed_in import MAX_DESCRIPTION, MAX_TEXT, check_text
from nagara.lifecycle import Move, Status, Transition, transition
from nagara.permissions import permission_for
from nagara.photos import keeping
from nagara.places.finding import Place, index_for
from nagara.routing import route
from nagara.tables import Event, Request

CLOSING_REASONS: Mapping[Move, tuple[str, ...]] = {
    Move.RESOLVE: ("fixed", "cleaned", "removed", "answered"),
    Move.DECLINE: (
        "not_found", "not_an_issue", "out_of_jurisdiction", "insufficient_information", "abuse", "no_answer",
    ),
}  # fmt: skip
PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass(frozen=True, slots=True)
class Details:
    """What may come with a move; which are needed, the lifecycle says. ``version``: the one last seen."""

    note: str | None = None
    assignee: str | None = None
    department: str | None = None
    reason: str | None = None
    service_code: str | None = None
    parent: str | None = None
    priority: str | None = None
    media: tuple[uuid.UUID, ...] = ()
    version: int | None = None
    until: dt.datetime | None = None


def make_move(
    session: Session, city: City, account: Account, reference: str, move: Move, details: Details
) -> Request:
    """Make one move; returns the request as it stands then.

    Raises ``NotPermitted``, ``UnknownRequest``, ``MoveNotAllowed``, ``ChangedMeanwhile`` or
    ``InvalidInput``, or ``PhotoNotUsable``; then nothing has changed.
    """
    account.demand(permission_for(move))
    if move is Move.LINK_DUPLICATE and details.parent:
        _lock_in_order(session, city, reference, details.parent)
    row = locked(session, city, reference)
    if not account.works_for(row.department):
        own = ", ".join(account.departments)
        raise NotPermitted(f"The request belongs to {row.department}, you to {own}.")
    if details.version is not None and details.version != row.version:
        found = changes.since(session, row, details.version)
        raise ChangedMeanwhile(
            f"{row.reference} changed after you read it: version {row.version}, yours {details.version}.",
            field="version",
            allowed=str(row.version),
            details={"changes": found.changes, "by": found.by},
        )
    step = transition(Status(row.status), move)
    check_details(city, step, move, details)
    if move is Move.ASSIGN and details.assignee:
        demand_able(session, city.id, details.assignee, "assignee")
    if move is Move.RESOLVE:
        _check_resolvable(session, city, row, details)
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    data = _apply(session, city, row, move, details, now)
    if details.media:
        keeping.attach_after(session, city, row, details.media)
        data["media"] = details.media
    finish(session, city, row, step, Actor("staff", account.sign_in_name), now, data)
    return row


def _lock_in_order(session: Session, city: City, *references: str) -> None:
    """Lock several requests in the order of their references, so that two crosswise links wait, not deadlock."""
    known = sorted({found[1] for text in references if (found := city_of_reference(text))})
    query = select(Request.id).where(col(Request.city_id) == city.id, col(Request.reference).in_(known))
    session.exec(query.order_by(col(Request.reference)).with_for_update()).all()


def check_details(city: City, step: Transition, move: Move, details: Details) -> None:
    """Refuse what a move lacks, or names that the city does not know."""
    for name in step.needs:
        if not getattr(details, name):
            raise InvalidInput(
                f"The move {move.value!r} needs {name!r}.", field=name, allowed=_choices(city, move, name)
            )
    check_text("note", details.note, MAX_DESCRIPTION)
    check_text("assignee", details.assignee, MAX_TEXT)
    for name in ("department", "reason", "priority"):
        value, allowed = getattr(details, name), _choices(city, move, name)
        if value is not None and allowed is not None and value not in allowed:
            raise InvalidInput(f"{value[:60]!r} is not a {name} here.", field=name, allowed=allowed)
    if move is Move.ASSIGN and not (details.assignee or details.department):
        raise InvalidInput("Say who it is assigned to.", field="assignee", allowed=["assignee", "department"])


def _check_resolvable(session: Session, city: City, row: Request, details: Details) -> None:
    """Refuse to call resolved what still has open jobs, or lacks the picture its service wants."""
    jobs.demand_none_open(session, row)
    service = city.services_by_code.get(row.service_code)
    if service is None or not service.evidence or details.media or details.reason == "answered":
        return
    if not is_proven(session, row):
        raise EvidenceMissing(
            "The city wants a picture of what was done, since it was last reopened, before this service counts "
            "as resolved.",
            field="media",
            allowed="a picture, or the reason 'answered'",
        )


def _choices(city: City, move: Move, name: str) -> tuple[str, ...] | None:
    match name:
        case "department" if move is Move.REFER:
            return tuple(city.departments_by_code)
        case "department":
            return tuple(d.code for d in city.departments if d.kind == "department")
        case "reason":
            return CLOSING_REASONS.get(move)
        case "priority":
            return PRIORITIES
        case "service_code":
            return tuple(city.services_by_code)
        case _:
            return None


def _apply(
    session: Session, city: City, row: Request, move: Move, details: Details, now: dt.datetime
) -> dict[str, Any]:
    """Change what the move changes besides the status; returns what its event says."""
    data: dict[str, Any] = {"note": details.note} if details.note else {}
    match move:
        case Move.ASSIGN:
            data |= {"assignee": details.assignee, "department": details.department or row.department}
            row.assignee, row.department = details.assignee, details.department or row.department
        case Move.REFER:
            data |= _refer(row, details)
        case Move.RESUME:
            _give_back(session, row)
        case Move.RESOLVE | Move.DECLINE:
            row.closing_reason = details.reason or CLOSING_REASONS[move][0]
            data |= {"reason": row.closing_reason}
        case Move.REOPEN:
            row.closing_reason, row.closed_at, row.duplicate_of = None, None, None
        case Move.RECATEGORISE:
            data |= _recategorise(city, row, details, now)
        case Move.LINK_DUPLICATE:
            data |= _link(session, city, row, details)
        case Move.PRIORITISE:
            data |= {"from": row.priority, "to": details.priority}
            row.priority = details.priority or row.priority
        case Move.ESCALATE:
            data |= {"by_hand": True}
            row.escalated_by_hand = True
        case Move.DE_ESCALATE:
            data |= escalating.take_back(row)
        case Move.ACKNOWLEDGE_ESCALATION:
            data |= escalating.acknowledge(row, details.until, now)
        case _:
            pass
    return data


def _refer(row: Request, details: Details) -> dict[str, Any]:
    """Hand the request to another body; its department stays the owner."""
    if details.department == row.department:
        raise InvalidInput(
            f"The request belongs to {row.department} already: refer it to another body, or assign it within.",
            field="department",
        )
    row.assignee = details.department
    return {"department": details.department}


def _give_back(session: Session, row: Request) -> None:
    """Let whoever had the request before it was referred have it again, unless it was given away since."""
    if row.status != Status.REFERRED:
        return
    query = (
        select(Event)
        .where(
            col(Event.city_id) == row.city_id,
            col(Event.request_id) == row.id,
            col(Event.kind) == EventKind.REFERRED,
        )
        .order_by(col(Event.seq).desc())
        .limit(1)
    )
    referred = session.exec(query).first()
    changed = (referred.data.get(changes.CHANGED) or {}).get("assignee") if referred else None
    if changed and row.assignee == changed[1]:
        row.assignee = changed[0]


def _recategorise(city: City, row: Request, details: Details, now: dt.datetime) -> dict[str, Any]:
    """Route anew under the other service. The promise stays the one given when it was filed."""
    service = service_of(city, details.service_code or "")
    if row.lat is not None and row.lon is not None:
        day = row.received_at.astimezone(city.zone).date()  # the district stays the one of then
        place = index_for(city).locate(row.lat, row.lon, day)
    else:
        place = Place(True, row.district, (), "inside")
    if service.code == row.service_code:
        raise InvalidInput(
            f"{row.reference} has the service {service.code} already; choose another one.",
            field="service_code",
            allowed=[code for code in city.services_by_code if code != row.service_code],
        )
    chosen = route(city, service, place, now, row.priority, row.answers)  # type: ignore[arg-type]
    data = {
        "from_service_code": row.service_code,
        "from_network_code": row.network_code,
        "from_department": row.department,
        "service_code": service.code,
        "network_code": service.network_code,
        "department": chosen.owner,
        "assignee": chosen.assignee,
        "rule": chosen.rule,
        "reason_routed": chosen.reason,
        "config_fingerprint": city.fingerprint,
    }
    row.service_code, row.network_code = service.code, service.network_code
    row.department, row.assignee = chosen.owner, chosen.assignee
    row.rule, row.reason, row.config_fingerprint = chosen.rule, chosen.reason, city.fingerprint
    return data


def _link(session: Session, city: City, row: Request, details: Details) -> dict[str, Any]:
    try:
        parent = locked(session, city, details.parent or "")
    except UnknownRequest as error:
        raise UnknownRequest(error.message, field="parent") from error
    if parent.id == row.id:
        raise InvalidInput("A request is not a duplicate of itself.", field="parent")
    if parent.closed_at is not None and parent.duplicate_of is None:
        raise InvalidInput(
            f"{parent.reference} is closed; a duplicate follows a request that goes on.", field="parent"
        )
    if parent.duplicate_of is not None:
        raise InvalidInput(
            f"{parent.reference} is itself a duplicate; link to the one it follows.", field="parent"
        )
    if _followers(session, row) > 0:
        raise MoveNotAllowed(
            f"Other requests were linked to {row.reference}; link {parent.reference} to it instead.",
            field="parent",
        )
    row.duplicate_of, row.closing_reason = parent.id, "duplicate"
    return {"parent": parent.reference, "parent_id": str(parent.id), "reason": "duplicate"}


def _followers(session: Session, row: Request) -> int:
    query = select(func.count()).where(
        col(Request.city_id) == row.city_id, col(Request.duplicate_of) == row.id
    )
    return int(session.execute(query).scalar_one())
