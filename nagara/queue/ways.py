"""The ways to a page: along its order, from what lies in an area, by words. Each is one statement, for any values.

How many requests an area or some words have differs a thousandfold, and whoever plans a statement guesses it badly: its
figures are of all cities together. So nothing here is guessed. A statement counts, up to a limit, what its condition
finds, and goes on as that number says: few are sorted, many are met soon along the order.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from nagara.queue.conditions import LATE, STATUS_AND_SERVICE, Parts
from nagara.queue.filters import PRIORITIES, Sort
from nagara.queue.rows import COLUMNS

MOST_IN_AREA: LiteralString = "2000"
"""Up to so many requests of an area are sorted; of more, fifty are met soon along the order."""

NEWEST_LOOKED_AT: LiteralString = "256"
COMMON_FROM: LiteralString = "2"
COMMON_IN_LEVELS_FROM: LiteralString = "13"
"""Words are taken for common where so many of the city's newest requests have them; where levels are several walks, of
which the longest counts, from the second number on. The index of runs of letters costs by how many requests of the
whole city have the words, for common ones more than any walk. The first rows of an order would say less: those due
first are of the services that promise most."""

WALKED_AT_MOST: LiteralString = "4000"
"""So far the order is followed for common words. Where that gives no whole page, they are common elsewhere only, and
the index is asked."""

IN_INDEX_OF_RECEIVED = frozenset(STATUS_AND_SERVICE)
"""Conditions on columns that the index of all requests by their reception has beside its keys."""

LEVEL_OF_PRIORITY = {priority: level for level, priority in enumerate(PRIORITIES)}
_LEVELS: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("r.priority = 'urgent'", "0"),
    ("r.priority = 'high'", "1"),
    ("r.priority = 'normal'", "2"),
    ("r.priority = 'low'", "3"),
)
_LEVEL: LiteralString = (
    "case r.priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2 else 3 end"
)
_LEVELS_IN_TURN: tuple[LiteralString, ...] = ("level_1", "level_2", "level_3", "level_4")
_RANKS: Mapping[bool, LiteralString] = {True: _LEVEL, False: f"(3 - {_LEVEL})"}
"""Where levels go: up from the urgent ones, or from the others."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is ordered by, and which way."""

    sort: Sort
    descending: bool

    @property
    def column(self) -> LiteralString:
        """The column that is compared, within a level where there are levels."""
        if self.sort is Sort.RECEIVED:
            return "received_at"
        return "updated_at" if self.sort is Sort.UPDATED else "next_due_at"

    @property
    def leveled(self) -> bool:
        """Whether levels come before times, so that the urgent come first, or last."""
        return self.sort is Sort.PRIORITY

    @property
    def keys(self) -> LiteralString:
        """What rows of ``r`` are sorted by, within a level where there are levels."""
        if self.descending and not self.leveled:
            return f"r.{self.column} desc, r.id desc"
        return f"r.{self.column}, r.id"

    @property
    def all_keys(self) -> LiteralString:
        """The same with the level, as ``rank``."""
        return f"r.rank, {self.keys}" if self.leveled else self.keys

    @property
    def beyond(self) -> LiteralString:
        """What holds for rows of ``r`` after a place, within a level where there are levels."""
        sign: LiteralString = "<" if self.descending and not self.leveled else ">"
        return f"(r.{self.column}, r.id) {sign} (%(after)s, %(after_id)s)"

    @property
    def all_beyond(self) -> LiteralString:
        """The same with the level."""
        if not self.leveled:
            return self.beyond
        return f"(r.rank, r.{self.column}, r.id) > (%(after_rank)s::int, %(after)s, %(after_id)s)"

    def rank(self, level: int) -> int:
        """The place of a level in the order."""
        return level if self.descending else len(_LEVELS) - 1 - level


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in an order: its level where there are levels, its time, its id."""

    level: int
    at: dt.datetime
    id: uuid.UUID


Conditions = Sequence[LiteralString]
_SELECTED: LiteralString = "r." + ", r.".join(COLUMNS) + ", " + LATE + " as late"
_NAMED: LiteralString = "r." + ", r.".join(COLUMNS) + ", r.late"


def statement(order: Order, after: Place | None, parts: Parts, *, by_words: bool) -> LiteralString:
    """What asks for a page after a place; ``by_words`` where it has to find out how common the words are."""
    if parts.places:
        return _in_area(order, after, parts)
    if by_words:
        return _by_words(order, after, parts)
    where = [*parts.columns, *parts.words]
    if order.leveled:
        return _level_by_level(order, after, where)
    if order.sort is Sort.RECEIVED and set(where[1:]) <= IN_INDEX_OF_RECEIVED:
        return _by_index_alone(order, [*where, order.beyond] if after else where)
    [walk] = _walks(order, after, where)
    return walk


def values_of(order: Order, after: Place | None) -> dict[str, object]:
    """The values of a place in an order."""
    if after is None:
        return {}
    values: dict[str, object] = {"after": after.at, "after_id": after.id}
    return values | {"after_rank": order.rank(after.level)} if order.leveled else values


def _all_of(conditions: Conditions) -> LiteralString:
    return " and ".join(conditions)


def _merged(order: Order, selects: Sequence[LiteralString]) -> LiteralString:
    """The first rows of several statements, each in the order and as long as a page."""
    return (
        f"select {_NAMED} from ({' union all '.join(f'({one})' for one in selects)}) as r "  # noqa: S608 - all literal
        f"order by {order.all_keys} limit %(one_more)s"
    )


def _walks(
    order: Order, after: Place | None, where: Conditions, tested: Conditions = ()
) -> list[LiteralString]:
    """Statements that follow the order along an index, one for each level, until a page is full.

    ``tested`` is held against each row on the way, and spelled so that the planner sees nothing in it that it could
    take for rare, or find by another index.
    """
    if not order.leveled:
        return [_walk(order, [*where, order.beyond] if after else where, tested)]
    found: list[LiteralString] = []
    for level, (condition, number) in enumerate(_LEVELS):
        own = [*where, condition]
        if after is not None and level == after.level:
            own.append(order.beyond)
        elif after is not None and order.rank(level) < order.rank(after.level):
            continue  # that level is behind us
        rank: LiteralString = number if order.descending else f"3 - {number}"
        found.append(_walk(order, own, tested, f", {rank} as rank"))
    return found


def _walk(order: Order, where: Conditions, tested: Conditions, rank: LiteralString = "") -> LiteralString:
    held = [*where, f"coalesce({_all_of(tested)}, false)"] if tested else where
    return (
        f"select {_SELECTED}{rank} from request r where {_all_of(held)} "  # noqa: S608 - all literal
        f"order by {order.keys} limit %(one_more)s"
    )


def _level_by_level(order: Order, after: Place | None, where: Conditions) -> LiteralString:
    """Each level is followed along its index as far as those before it leave room on the page."""
    walks = _walks(order, after, where)
    written: list[LiteralString] = []
    selects: list[LiteralString] = []
    counts: list[LiteralString] = []
    for name, walk in zip(_LEVELS_IN_TURN, walks if order.descending else reversed(walks), strict=False):
        room: LiteralString = " - ".join(["%(one_more)s", *counts])
        written.append(f"{name} as materialized (select w.* from ({walk}) as w limit {room})")  # noqa: S608
        selects.append(f"select * from {name}")  # noqa: S608 - all literal
        counts.append(f"(select count(*) from {name})")  # noqa: S608 - all literal
    return f"with {', '.join(written)} {_merged(order, selects)}"


def _by_index_alone(order: Order, where: Conditions) -> LiteralString:
    """The index of this order has what is asked for: rows are read only of what is shown, not of what is passed by."""
    return (
        f"select {_SELECTED} from (select r.city_id, r.id from request r where {_all_of(where)} "  # noqa: S608
        f"order by {order.keys} limit %(one_more)s) as shown "
        "join request r on r.city_id = shown.city_id and r.id = shown.id "
        f"order by {order.keys}"
    )


def _rank(order: Order) -> LiteralString:
    return f", {_RANKS[order.descending]} as rank" if order.leveled else ""


def _in_area(order: Order, after: Place | None, parts: Parts) -> LiteralString:
    """What lies in the area is looked up along the index of places, up to a limit, and sorted if that is all of it."""
    only_open = "r.closed_at is null" in parts.columns
    where = [*parts.columns[:1], "r.lat is not null", *parts.bands, *parts.places]
    keys: LiteralString = f"r.id, r.{order.column}{_rank(order)}"
    states: Conditions = (
        ("r.closed_at is null",) if only_open else ("r.closed_at is null", "r.closed_at is not null")
    )
    near: LiteralString = " union all ".join(
        f"select {keys} from request r where {_all_of([*where, state])}"  # noqa: S608
        for state in states
    )
    beyond = [order.all_beyond] if after else []
    others = [*parts.columns[2 if only_open else 1 :], *parts.words]
    fewer: Conditions = ["(select yes from few)", *beyond]
    source: LiteralString = f"select r.* from near r where {_all_of(fewer)}"  # noqa: S608
    if not others:  # only as many whole rows are read as are shown
        source += f" order by {order.all_keys} limit %(one_more)s"
    rank: LiteralString = ", n.rank" if order.leveled else ""
    chosen: LiteralString = (
        f"select r.* from ({source}) as n cross join lateral ("  # noqa: S608 - all literal
        f"select {_SELECTED}{rank} from request r "
        f"where {_all_of([parts.columns[0], 'r.id = n.id', *others])} offset 0) as r "
        f"order by {order.all_keys} limit %(one_more)s"
    )
    along = _walks(order, after, [*parts.columns, "(select not yes from few)"], [*parts.places, *parts.words])
    return (
        f"with near as materialized ({near} limit {MOST_IN_AREA} + 1), "  # noqa: S608 - all literal
        f"few as materialized (select count(*) <= {MOST_IN_AREA} as yes from near) "
        f"{_merged(order, [chosen, *along])}"
    )


def _by_words(order: Order, after: Place | None, parts: Parts) -> LiteralString:
    """The newest requests tell whether words are common. Rare ones are asked of the index of runs of letters.

    Where they prove to be common there, though they are not among the newest, the order is followed to its end.
    """
    by_ids = [*parts.columns, "r.id = any((select ids from found)::uuid[])"]
    rare: LiteralString = f"select {_SELECTED}{_rank(order)} from request r where {_all_of(by_ids)}"  # noqa: S608
    if order.leveled:
        rare = f"select r.* from ({rare}) as r where {order.all_beyond if after else 'true'}"  # noqa: S608
    elif after:
        rare += f" and {order.beyond}"
    rare += f" order by {order.all_keys} limit %(one_more)s"
    if order.leveled:
        is_common: LiteralString = (
            "((select many from newest) or coalesce((select common from found), false))"
        )
        common = _walks(order, after, [*parts.columns, is_common], parts.words)
        looked_up = _found_unless("(select many from newest)")
        return f"with {_newest(COMMON_IN_LEVELS_FROM)}, {looked_up} {_merged(order, [rare, *common])}"
    common = _walks(order, after, [*parts.columns, "(select common from found)"], parts.words)
    where = [*parts.columns, order.beyond] if after else parts.columns
    rows: LiteralString = f"select r.* from request r where {_all_of(where)} order by {order.keys} limit"  # noqa: S608
    is_enough: LiteralString = "(select count(*) from walked) >= %(one_more)s"
    walked: LiteralString = f"select r.* from walked r where {is_enough}"  # noqa: S608
    return (
        f"with {_newest(COMMON_FROM)}, "  # noqa: S608 - all literal
        f"walked as materialized (select {_SELECTED} from ({rows} {WALKED_AT_MOST}) as r "
        f"where (select many from newest) and {_all_of(parts.words)} order by {order.keys} limit %(one_more)s), "
        f"{_found_unless(is_enough)} {_merged(order, [walked, rare, *common])}"
    )


def _newest(common_from: LiteralString) -> LiteralString:
    """Whether the words are common among the newest requests: ids grow with time, and their texts lie side by side."""
    return (
        f"newest as materialized (select count(*) >= {common_from} as many from ("  # noqa: S608 - all literal
        "select w.words from request_words w where w.city_id = %(city_id)s "
        f"order by w.request_id desc limit {NEWEST_LOOKED_AT}) as w where w.words like all (%(patterns)s::text[]))"
    )


def _found_unless(condition: LiteralString) -> LiteralString:
    """Whose words these are, by the index of runs of letters, or that they are common; nothing where it holds."""
    return (
        "found as materialized ("  # noqa: S608 - all literal
        "select case when cardinality(ids) < %(most)s then ids end as ids, "
        "cardinality(ids) >= %(most)s as common from ("
        "select request_words_found(%(grams)s::int[], %(needles)s::text[], %(most)s) as ids "
        f"where not ({condition}) offset 0) as asked)"
    )
