"""One request as staff see it: all that is stored, its history, what may be done next and why not the rest.

Read by four statements that go out together, so that opening a request is one round trip; the same statements
serve an answer inside the transaction of a move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from sqlmodel import Session

from city_config import City
from nagara.accounts import Account
from nagara.errors import UnknownRequest
from nagara.escalation.view import escalation_shown
from nagara.exchange import Question
from nagara.lifecycle import STAFF_MOVES, TRANSITIONS, Move, Status, allowed_moves, is_late, why_not
from nagara.permissions import CITY_ROLES, may, permission_for
from nagara.photos.keeping import for_staff
from nagara.public.publication import Standing, is_public, waits_for_release
from nagara.queue.rows import queue_line
from nagara.residents.own_notices import waits_for_confirmation
from nagara.staff.actions import CLOSING_REASONS

Row = Mapping[str, Any]
Rows = Sequence[Sequence[Any]]

_REQUEST: tuple[LiteralString, ...] = (
    "reference", "status", "service_code", "network_code", "department", "assignee", "priority", "district",
    "lat", "lon", "address", "description", "answers", "language", "channel", "confidential", "observed_at",
    "received_at", "rule", "reason", "config_fingerprint", "acknowledge_by", "respond_by", "resolve_by",
    "promise_standard", "next_due_at", "closed_at", "closing_reason", "paused_at", "escalation_step",
    "escalated_by_hand", "public", "erased_at", "version", "updated_at", "acknowledged_at", "responded_at", "climb",
)  # fmt: skip
_BESIDE: tuple[LiteralString, ...] = ("now", "parent", "contact_known", "unconfirmed")
_EVENT: tuple[LiteralString, ...] = (
    "seq", "kind", "occurred_at", "recorded_at", "actor", "actor_kind", "from_status", "to_status", "data",
)  # fmt: skip
_PHOTO: tuple[LiteralString, ...] = (
    "id", "width", "height", "kind", "public", "searched", "redacted_sha256", "found", "boxes",
)  # fmt: skip
_DUPLICATE = ("reference", "status", "channel", "received_at", "linked_at")
_ENTRY: tuple[LiteralString, ...] = (
    "kind", "said_at", "words", "fixed", "rating", "reopened", "about", "reference", "seq",
)  # fmt: skip


def _its(table: LiteralString, columns: Sequence[LiteralString], order: LiteralString) -> LiteralString:
    """What belongs to a request, in order."""
    return (
        "select " + ", ".join(columns) + " from " + table + " where city_id = %(city_id)s and request_id = "  # noqa: S608
        "(select id from request where city_id = %(city_id)s and reference = %(reference)s) order by " + order
    )


STAFF_REQUEST: LiteralString = (
    "select r."  # noqa: S608 - built of constants
    + ", r.".join(_REQUEST)
    + """,
       clock_timestamp(),
       (select parent.reference from request parent
         where parent.city_id = r.city_id and parent.id = r.duplicate_of),
       c.request_id is not null, case when c.confirmed_at is null then c.sealed end
  from request r
  left join contact c on c.city_id = r.city_id and c.request_id = r.id
 where r.city_id = %(city_id)s and r.reference = %(reference)s"""
)
STAFF_EVENTS, STAFF_PHOTOS = _its("event", _EVENT, "seq"), _its("photo", _PHOTO, "position")
STAFF_ENTRIES: LiteralString = """
with asked as (select city_id, id from request where city_id = %(city_id)s and reference = %(reference)s)
select said.kind, said.said_at, said.words, said.fixed, said.rating, said.reopened, said.about, null, said.seq
  from asked join resident_entry said on said.city_id = asked.city_id and said.request_id = asked.id
union all
select said.kind, said.said_at, '', null, null, false, null, joined.reference, said.seq
  from asked
  join request joined on joined.city_id = asked.city_id and joined.duplicate_of = asked.id
  join resident_entry said
    on said.city_id = joined.city_id and said.request_id = joined.id and said.kind = 'addition'
 order by said_at, seq
"""
"""What was said to the request; of what was added to those that joined it only where that is to be read."""
STAFF_DUPLICATES: LiteralString = """
select d.reference, d.status, d.channel, d.received_at, d.closed_at
  from request r
  join request d on d.city_id = r.city_id and d.duplicate_of = r.id
 where r.city_id = %(city_id)s and r.reference = %(reference)s
 order by d.received_at, d.id limit %(most)s
"""
"""Those that follow it, the earliest first; ``closed_at`` is when each was linked."""

STAFF_DETAIL = (STAFF_REQUEST, STAFF_EVENTS, STAFF_PHOTOS, STAFF_ENTRIES, STAFF_DUPLICATES)
MOST_DUPLICATES = 100


def detail_questions(city: City, reference: str) -> list[Question]:
    """What is read of a request to open it."""
    values = {"city_id": city.id, "reference": reference}
    *parts, duplicates = [(statement, values) for statement in STAFF_DETAIL]
    return [*parts, (duplicates[0], values | {"most": MOST_DUPLICATES + 1})]


def opened_within(session: Session, city: City, account: Account, reference: str) -> dict[str, Any]:
    """The same inside a transaction, with what was changed in it so far."""
    session.flush()
    connection = session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101 - the session's transaction is open
    found = [
        connection.execute(statement, values).fetchall()
        for statement, values in detail_questions(city, reference)
    ]
    return detail_shown(city, account, found, reference)


def detail_shown(city: City, account: Account, found: Sequence[Rows], reference: str) -> dict[str, Any]:
    """A request as staff open it; raise ``UnknownRequest`` where the city has none of this reference."""
    requests, events, photos, entries, duplicates = found
    if not requests:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    row = dict(zip((*_REQUEST, *_BESIDE), requests[0], strict=True))
    standing = Standing(row["service_code"], row["confidential"], row["public"], row["received_at"])
    erased = row["erased_at"] is not None
    row["late"] = is_late(row["resolve_by"], row["closed_at"] or row["paused_at"] or row["now"])
    return queue_line(city, row) | {
        "answers": row["answers"],
        "language": row["language"],
        "observed_at": row["observed_at"],
        "confidential": row["confidential"],
        "route": {"rule": row["rule"], "reason": row["reason"]},
        "config_fingerprint": row["config_fingerprint"],
        "closing_reason": row["closing_reason"],
        "duplicate_of": row["parent"],
        "duplicates": [dict(zip(_DUPLICATE, one, strict=True)) for one in duplicates[:MOST_DUPLICATES]],
        "more_duplicates": len(duplicates) > MOST_DUPLICATES,
        "contact_known": row["contact_known"],
        "contact_unconfirmed": waits_for_confirmation(city, row["unconfirmed"]),
        "public": row["public"],
        "waits_for_release": waits_for_release(city, standing),
        "photos": for_staff(city, _photos(photos), is_public(city, standing, row["now"])),
        "timeline": [_event_shown(dict(zip(_EVENT, event, strict=True)), erased) for event in events],
        "said": [_said(dict(zip(_ENTRY, entry, strict=True))) for entry in entries],
        "erased": erased,
        "escalation": escalation_shown(city, row),
        "sent_on": bool(city.external_owners),
        "moves": _moves(Status(row["status"]), row["department"], account),
    }


def _photos(rows: Rows) -> list[Row]:
    named = (dict(zip(_PHOTO, row, strict=True)) for row in rows)
    return [photo | {"redacted": photo["redacted_sha256"] is not None} for photo in named]


def _event_shown(event: Row, erased: bool) -> dict[str, Any]:
    """An event for staff; once the resident's data are erased, without the notes that may speak of them."""
    data = {name: value for name, value in event["data"].items() if not (erased and name == "note")}
    return {
        "seq": event["seq"],
        "kind": event["kind"],
        "at": event["occurred_at"],
        "recorded_at": event["recorded_at"],
        "actor": event["actor"],
        "actor_kind": event["actor_kind"],
        "from_status": event["from_status"],
        "to_status": event["to_status"],
        "note": data.get("note"),
        "data": data,
    }


def _said(entry: Row) -> dict[str, Any]:
    """What the resident said after filing, for staff."""
    return {
        "kind": entry["kind"],
        "reference": entry["reference"],
        "at": entry["said_at"],
        "text": entry["words"],
        "fixed": entry["fixed"],
        "rating": entry["rating"],
        "reopened": entry["reopened"],
        "about": entry["about"],
    }


def _moves(status: Status, department: str, account: Account) -> list[dict[str, Any]]:
    """Every move of staff, whether it is possible now, and if not, why."""
    possible = allowed_moves(status)
    shown = []
    for move in STAFF_MOVES:
        step = TRANSITIONS[move]
        reason, hindered_by = _why_not_by(move, department, account)
        if move not in possible:
            reason, hindered_by = why_not(status, move), "status"
        shown.append(
            {
                "move": move.value,
                "allowed": reason is None,
                "why_not": reason,
                "hindered_by": hindered_by,
                "starts": [one.value for one in Status if one in step.start],
                "why": step.why,
                "fields": [*step.needs, *step.may_have],
                "needs": list(step.needs),
                "reasons": list(CLOSING_REASONS.get(move, ())),
            }
        )
    return shown


def _why_not_by(move: Move, department: str, account: Account) -> tuple[str | None, str | None]:
    """Why somebody may not make a move that is possible as such, and what hinders them; None if they may."""
    if not account.may(permission_for(move)):
        able = [role.value.replace("_", " ") for role in CITY_ROLES if may(role, permission_for(move))]
        words = f"As {account.role.value.replace('_', ' ')} you may not do this; it takes: {', '.join(able)}."
        return words, "role"
    if not account.works_for(department):
        return f"The request belongs to another department, {department}.", "department"
    return None, None
