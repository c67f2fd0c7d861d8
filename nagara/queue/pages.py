"""Pages of the queue: each one statement, continued from where the last one ended, the same cost however deep."""

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
from nagara.exchange import Question, Rows
from nagara.queue.filters import LATE, PRIORITIES, QueueFilter, Sort, Values, Worked, conditions
from nagara.queue.rows import COLUMNS, NAMES

MAX_PAGE = 200
USUAL_PAGE = QueueFilter().limit
ONE_MORE_THAN_USUAL: LiteralString = "51"
"""Written out in the statement of a usual page. Of a limit it does not know the database assumes a tenth of the table,
finds a plan for all values dear, and plans each page anew, which costs as much as reading half of it."""

SELECT: LiteralString = "select r." + ", r.".join(COLUMNS) + ", " + LATE + " as late from request r"  # noqa: S608
ID = "id"
LEVEL_OF_PRIORITY = {priority: level for level, priority in enumerate(PRIORITIES)}


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is ordered by, and which way."""

    sort: Sort
    descending: bool

    @property
    def column(self) -> str:
        """The column that is compared, within a level where there are levels."""
        return {Sort.RECEIVED: "received_at", Sort.UPDATED: "updated_at"}.get(self.sort, "next_due_at")


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in an order: its level where there are levels, its time, its id."""

    level: int
    at: dt.datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows in the order of ``NAMES``, the cursor of the next one if there is any, and their order."""

    rows: Sequence[Sequence[Any]]
    next_cursor: str | None
    order: Order


_ORDERS: Mapping[tuple[str, bool], tuple[LiteralString, LiteralString]] = {
    ("next_due_at", False): ("r.next_due_at, r.id", "(r.next_due_at, r.id) > (%(after)s, %(after_id)s)"),
    ("next_due_at", True): (
        "r.next_due_at desc, r.id desc",
        "(r.next_due_at, r.id) < (%(after)s, %(after_id)s)",
    ),
    ("received_at", False): ("r.received_at, r.id", "(r.received_at, r.id) > (%(after)s, %(after_id)s)"),
    ("received_at", True): (
        "r.received_at desc, r.id desc",
        "(r.received_at, r.id) < (%(after)s, %(after_id)s)",
    ),
    ("updated_at", False): ("r.updated_at, r.id", "(r.updated_at, r.id) > (%(after)s, %(after_id)s)"),
    ("updated_at", True): (
        "r.updated_at desc, r.id desc",
        "(r.updated_at, r.id) < (%(after)s, %(after_id)s)",
    ),
}
_LEVELS: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("r.priority = 'urgent'", "0"),
    ("r.priority = 'high'", "1"),
    ("r.priority = 'normal'", "2"),
    ("r.priority = 'low'", "3"),
)


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
    """Whether one plan is right for all values; else the database plans anew, knowing how rare they are."""
    only_paged = QueueFilter(
        sort=worked.wanted.sort, descending=worked.wanted.descending, limit=worked.wanted.limit,
        cursor=worked.wanted.cursor,
    )  # fmt: skip
    return worked == Worked(only_paged)


def page_statement(city_id: str, worked: Worked) -> tuple[LiteralString, Values]:
    """The one statement a page takes, and its values; it asks for one row more, to know whether there is more."""
    wanted, order = worked.wanted, order_of(worked.wanted)
    where, values = conditions(city_id, worked)
    values["one_more"] = wanted.limit + 1
    after = _read_cursor(wanted.cursor, order) if wanted.cursor else None
    if after is not None:
        values |= {"after": after.at, "after_id": after.id}
    if order.sort is Sort.PRIORITY:
        return _by_level(where, order, after), values
    by, beyond = _ORDERS[order.column, order.descending]
    if after is not None:
        where.append(beyond)
    return f"{SELECT} where {' and '.join(where)} order by {by} limit %(one_more)s", values


def _by_level(where: list[LiteralString], order: Order, after: Place | None) -> LiteralString:
    """One select a level, each along an index; the most urgent first, within a level what is due next."""
    by, beyond = _ORDERS["next_due_at", False]
    parts: list[LiteralString] = []
    for level, (condition, number) in enumerate(_LEVELS):
        own = [*where, condition]
        if after is not None and level == after.level:
            own.append(beyond)
        elif after is not None and (level < after.level) is order.descending:
            continue  # that level is behind us
        parts.append(
            f"(select l.*, {number} as level from ({SELECT} where {' and '.join(own)} "  # noqa: S608
            f"order by {by} limit %(one_more)s) as l)"
        )
    names: LiteralString = "a." + ", a.".join(COLUMNS) + ", a.late"
    levels: LiteralString = "a.level" if order.descending else "a.level desc"
    return (
        f"select {names} from ({' union all '.join(parts)}) as a "  # noqa: S608 - all literal
        f"order by {levels}, a.next_due_at, a.id limit %(one_more)s"
    )


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
        place = Place(int(level), dt.datetime.fromisoformat(at), uuid.UUID(id_))
        given = (sort, descending)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        place, given = None, None
    if place is None or place.at.tzinfo is None or given != (order.sort.value, order.descending):
        raise InvalidInput("cursor is not one that this list gave; start again without it.", field="cursor")
    return place
