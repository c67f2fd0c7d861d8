"""What staff see: the requests of a city, what is due next first, in pages that cost the same however deep.

Each page is one statement. A page is continued from where it ended (keyset), never counted off.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import orjson

from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput
from nagara.lifecycle import CLOSED, Status

MAX_PAGE = 200
LATE: LiteralString = (
    "(r.resolve_by is not null and r.resolve_by < coalesce(r.closed_at, r.paused_at, clock_timestamp()))"
)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which requests are wanted; nothing given means all that are open."""

    statuses: tuple[Status, ...] = ()
    department: str | None = None
    service: str | None = None
    district: str | None = None
    assignee: str | None = None
    unassigned: bool = False
    due_before: dt.datetime | None = None
    overdue: bool = False
    escalated: bool = False
    text: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    limit: int = 50
    cursor: str | None = None

    @property
    def only_open(self) -> bool:
        """Whether no closed request can match, so that the queue's own order and index serve."""
        return not any(status in CLOSED for status in self.statuses)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows by column name, the cursor of the next one if there is any, and counts if asked for."""

    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None
    counts: Mapping[str, int] | None = None


COLUMNS: tuple[LiteralString, ...] = (
    "id", "reference", "status", "service_code", "network_code", "department", "assignee", "priority",
    "district", "lat", "lon", "address", "description", "received_at", "acknowledge_by", "respond_by",
    "resolve_by", "promise_standard", "next_due_at", "escalation_step", "closed_at", "confidential",
    "channel", "version", "updated_at",
)  # fmt: skip
NAMES = (*COLUMNS, "late")
SELECT: LiteralString = "select r." + ", r.".join(COLUMNS) + ", " + LATE + " from request r"  # noqa: S608 - all literal

COUNTED = ("open", "overdue", "due_today", "unassigned", "escalated")
COUNTS = """
select count(*) as open,
       count(*) filter (where next_due_at < clock_timestamp()) as overdue,
       count(*) filter (where next_due_at < %(end_of_day)s) as due_today,
       count(*) filter (where assignee is null) as unassigned,
       count(*) filter (where escalation_step > 0) as escalated
  from request where city_id = %(city_id)s and closed_at is null
"""
"""What is open, overdue, due before the local day ends (overdue included), unassigned, escalated."""


async def page(pool: Pool, city_id: str, wanted: QueueFilter, count_until: dt.datetime | None = None) -> Page:
    """One page: open requests by what is due next; where closed ones are asked for, newest first.

    With ``count_until`` (the end of the local day) everything that is open is counted, too: that reads every
    open request of the city, so ask for it once a screen, not with every page.
    """
    if not 1 <= wanted.limit <= MAX_PAGE:
        raise InvalidInput(
            f"limit {wanted.limit} is not possible.", field="limit", allowed=f"1 to {MAX_PAGE}"
        )
    questions = [page_statement(city_id, wanted)]
    if count_until is not None:
        questions.append((COUNTS, {"city_id": city_id, "end_of_day": count_until}))
    found, *counted = await read_in_city(pool, city_id, *questions)
    rows = [dict(zip(NAMES, row, strict=True)) for row in found[: wanted.limit]]
    more = len(found) > wanted.limit
    counts = dict(zip(COUNTED, counted[0][0], strict=True)) if counted else None
    return Page(rows, cursor_after(rows[-1], wanted) if more else None, counts)


def page_statement(city_id: str, wanted: QueueFilter) -> tuple[LiteralString, dict[str, Any]]:
    """The one statement a page takes, and its values; it asks for one row more, to know whether there is more."""
    conditions, values = _conditions(wanted)
    values |= {"city_id": city_id, "one_more": wanted.limit + 1}
    if wanted.only_open:
        conditions.append("r.closed_at is null")
        order: LiteralString = "r.next_due_at, r.id"
        after: LiteralString = "(r.next_due_at, r.id) > (%(after_time)s, %(after_id)s)"
    else:
        order = "r.received_at desc, r.id desc"
        after = "(r.received_at, r.id) < (%(after_time)s, %(after_id)s)"
    if wanted.cursor is not None:
        values["after_time"], values["after_id"] = _read_cursor(wanted.cursor, wanted.only_open)
        conditions.append(after)
    where = " and ".join(("r.city_id = %(city_id)s", *conditions))
    return f"{SELECT} where {where} order by {order} limit %(one_more)s", values


def _conditions(wanted: QueueFilter) -> tuple[list[LiteralString], dict[str, Any]]:
    found: list[LiteralString] = []
    values: dict[str, Any] = {}
    equal: tuple[tuple[str, LiteralString, Any], ...] = (
        ("department", "r.department = %(department)s", wanted.department),
        ("service", "r.service_code = %(service)s", wanted.service),
        ("district", "r.district = %(district)s", wanted.district),
        ("assignee", "r.assignee = %(assignee)s", wanted.assignee),
        ("due_before", "r.next_due_at < %(due_before)s", wanted.due_before),
        ("statuses", "r.status = any(%(statuses)s)", [s.value for s in wanted.statuses] or None),
        ("text", "(r.description ilike %(text)s or r.address ilike %(text)s or r.reference ilike %(text)s)",
         f"%{_literal(wanted.text)}%" if wanted.text else None),
    )  # fmt: skip
    for name, condition, value in equal:
        if value is not None:
            found.append(condition)
            values[name] = value
    if wanted.unassigned:
        found.append("r.assignee is null")
    if wanted.overdue:
        found.append("r.next_due_at < clock_timestamp()")
    if wanted.escalated:
        found.append("r.escalation_step > 0")
    if wanted.bbox is not None:
        found.append("r.lon between %(west)s and %(east)s and r.lat between %(south)s and %(north)s")
        values |= dict(zip(("west", "south", "east", "north"), wanted.bbox, strict=True))
    return found, values


def _literal(text: str) -> str:
    """The text with LIKE's own characters taken literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def cursor_after(row: Mapping[str, Any], wanted: QueueFilter) -> str:
    """Where the page after this row begins, in the order the filter gives."""
    at: dt.datetime = row["next_due_at"] if wanted.only_open else row["received_at"]
    content = orjson.dumps([wanted.only_open, at.isoformat(), str(row["id"])])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _read_cursor(cursor: str, only_open: bool) -> tuple[dt.datetime, uuid.UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kind, at, id_ = orjson.loads(base64.urlsafe_b64decode(padded))
        position = dt.datetime.fromisoformat(at), uuid.UUID(id_)
    except (ValueError, TypeError, binascii.Error):
        kind, position = None, None
    if position is None or kind is not only_open:
        raise InvalidInput("cursor is not one that this list gave; start again without it.", field="cursor")
    return position
