"""Pages of the queue: each one statement, continued from where the last one ended, the same cost however deep."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString

import orjson

from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput
from nagara.exchange import Question, Rows
from nagara.queue.conditions import Values, parts
from nagara.queue.filters import PRIORITIES, QueueFilter, Sort, Worked
from nagara.queue.rows import NAMES
from nagara.queue.search import words_asked
from nagara.queue.ways import LEVEL_OF_PRIORITY, Order, Place, statement, values_of

MAX_PAGE = 200
USUAL_PAGE = QueueFilter().limit
ONE_MORE_THAN_USUAL: LiteralString = "51"
"""Written out in the statement of a usual page. Of a limit it does not know the database assumes a tenth of the table,
finds a plan for all values dear, and plans each page anew, which costs as much as reading half of it."""

ID = "id"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows in the order of ``NAMES``, the cursor of the next one if there is any, and their order."""

    rows: Sequence[Sequence[Any]]
    next_cursor: str | None
    order: Order


def order_of(wanted: QueueFilter) -> Order:
    """The order of a list. Where closed ones are asked for nothing is due, so what is newest comes first."""
    sort = wanted.sort or Sort.DUE
    if sort in (Sort.DUE, Sort.PRIORITY) and not wanted.only_open:
        sort = Sort.RECEIVED
    usual = sort is not Sort.DUE
    return Order(sort, usual if wanted.descending is None else wanted.descending)


async def page(pool: Pool, city_id: str, worked: Worked) -> Page:
    """One page of what a filter wants."""
    asked, kept = question(city_id, worked)
    [found] = await read_in_city(pool, city_id, asked, prepare=kept)
    return page_of(found, worked.wanted)


def question(city_id: str, worked: Worked) -> tuple[Question, bool]:
    """What asks for a page, and whether its plan is kept."""
    limit = worked.wanted.limit
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(f"limit {limit} is not possible.", field="limit", allowed=f"1 to {MAX_PAGE}")
    statement, values = page_statement(city_id, worked)
    if limit == USUAL_PAGE:
        statement = statement.replace("%(one_more)s", ONE_MORE_THAN_USUAL)
        del values["one_more"]
    return (statement, values), is_plain(worked)


def page_of(found: Rows, wanted: QueueFilter) -> Page:
    """The page, from what was found: one row more than it holds where there is more."""
    if len(found) <= wanted.limit:
        return Page(found, None, order_of(wanted))
    rows = found[: wanted.limit]
    after = cursor_after(dict(zip(NAMES, rows[-1], strict=True)), wanted)
    return Page(rows, after, order_of(wanted))


def is_plain(worked: Worked) -> bool:
    """Whether one plan is right for all values; else the database plans anew, knowing how rare they are.

    Words and areas find out by themselves how rare they are, and what has no value has none that is rare.
    """
    wanted = worked.wanted
    if wanted.of_all_statuses:
        wanted = replace(wanted, statuses=())
    only_paged = QueueFilter(
        sort=wanted.sort, descending=wanted.descending, limit=wanted.limit, cursor=wanted.cursor,
        view=wanted.view, overdue=wanted.overdue, unassigned=wanted.unassigned, escalated=wanted.escalated,
        text=wanted.text, bbox=wanted.bbox, area=wanted.area, near=wanted.near, metres=wanted.metres,
    )  # fmt: skip
    return wanted == only_paged and (worked.reference, worked.found, worked.sought) == (None,) * 3


def page_statement(city_id: str, worked: Worked) -> tuple[LiteralString, Values]:
    """The one statement a page takes, and its values; it asks for one row more, to know whether there is more."""
    wanted, order = worked.wanted, order_of(worked.wanted)
    after = _read_cursor(wanted.cursor, order) if wanted.cursor else None
    found = parts(city_id, worked)
    values = found.values | values_of(order, after) | {"one_more": wanted.limit + 1}
    by_words = worked.looked_for is not None
    if worked.looked_for is not None:
        values |= words_asked(worked.looked_for)
    return statement(order, after, found, by_words=by_words), values


def cursor_after(row: Mapping[str, Any], wanted: QueueFilter) -> str:
    """Where the page after this row begins, in the order the filter gives."""
    order = order_of(wanted)
    level = LEVEL_OF_PRIORITY.get(row["priority"], 0) if order.sort is Sort.PRIORITY else 0
    at: dt.datetime = row[order.column]
    content = orjson.dumps([order.sort, order.descending, level, at.isoformat(), str(row[ID])])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _read_cursor(cursor: str, order: Order) -> Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        sort, descending, level, at, id_ = orjson.loads(base64.urlsafe_b64decode(padded))
        place = Place(range(len(PRIORITIES))[level], dt.datetime.fromisoformat(at), uuid.UUID(id_))
        given = (sort, descending)
    except (ValueError, TypeError, AttributeError, IndexError, binascii.Error):
        place, given = None, None
    if place is None or place.at.tzinfo is None or given != (order.sort.value, order.descending):
        raise InvalidInput("cursor is not one that this list gave; start again without it.", field="cursor")
    return place
