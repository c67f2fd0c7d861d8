"""Whichever way a page takes, along its order, from an area or by words, it holds the same requests in one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from nagara.accounts import Account
from nagara.cities import city_of
from nagara.database import role_options
from nagara.ids import new_reference
from nagara.permissions import Role
from nagara.queue import search, ways
from nagara.queue.asked import AskedPage
from nagara.queue.conditions import conditions
from nagara.queue.filters import Near, Sort, Worked
from nagara.queue.pages import cursor_after, page_statement
from nagara.queue.rows import NAMES
from nagara.queue.words import sought

CITY = "kh-pnh"
PAGE, PAGES = 60, 3
SOMEBODY = Account(CITY, "supervisor", Role.SUPERVISOR, (), "")
TRIANGLE = "104.90,11.53;104.95,11.54;104.92,11.58"
SEARCHES: tuple[dict[str, Any], ...] = (
    {"area": TRIANGLE},
    {"area": TRIANGLE, "service": "waste_missed"},
    {"area": TRIANGLE, "bbox": "104.91,11.5,104.93,11.6", "status": "received,assigned"},
    {"bbox": "100,5,110,20"},
    {"bbox": "104.9,11.5,104.9001,11.5001"},
    {"bbox": "104.9,11.5,104.95,11.6", "status": "all"},
    {"near": new_reference("PNH"), "metres": 900, "view": "overdue"},
    {"service": "waste_missed"},
    {"status": "resolved"},
    {"status": "all", "service": "waste_missed,street_light"},
    {"department": "dpwt", "status": "assigned,in_progress"},
    {"q": "mosquitoes"},
    {"q": "mosquitoes knee", "status": "received"},
    {"q": "23456"},
    {"q": "mosquitoes", "area": TRIANGLE},
)
RARE = {"COMMON_FROM": "257", "COMMON_IN_LEVELS_FROM": "257"}
COMMON = {"COMMON_FROM": "0", "COMMON_IN_LEVELS_FROM": "0"}
WAYS: dict[str, dict[str, str]] = {
    "as it comes": {},
    "everything is little": {"MOST_IN_AREA": "1000000"} | RARE,
    "everything is much": {"MOST_IN_AREA": "0"} | COMMON,
    "much at first, then little": {"MOST_IN_AREA": "0", "WALKED_AT_MOST": "70"} | COMMON,
}


@pytest.fixture(scope="module")
def asked(large: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the HTTP door that sees one city of the large database."""
    with psycopg.connect(large, options=role_options("nagara_app"), autocommit=True) as connection:
        connection.execute("select set_config('nagara.city', %s, false)", (CITY,))
        yield connection


def worked(query: dict[str, Any], sort: Sort) -> Worked:
    """What a search means, its words still to be looked up."""
    wanted = AskedPage.model_validate({"limit": PAGE, "sort": sort.value} | query).meant(
        SOMEBODY, city_of(CITY), dt.datetime.now(dt.UTC)
    )
    around = Near(11.55, 104.92, wanted.metres) if wanted.near else None
    if wanted.text is None:
        return Worked(wanted, around=around)
    words = sought(CITY, wanted.text)
    return Worked(wanted, sought=words) if wanted.area else Worked(wanted, looked_for=words)


def paged(connection: psycopg.Connection[Any], query: dict[str, Any], sort: Sort) -> list[Any]:
    """The ids of some pages, one after the other, and whether that was all."""
    found: list[Any] = []
    cursor = None
    for _ in range(PAGES):
        one = worked(query | ({"cursor": cursor} if cursor else {}), sort)
        rows = connection.execute(*page_statement(CITY, one)).fetchall()
        found += [row[0] for row in rows[:PAGE]]
        if len(rows) <= PAGE:
            return [*found, "the end"]
        cursor = cursor_after(dict(zip(NAMES, rows[PAGE - 1], strict=True)), one.wanted)
    return found


RANK = "case r.priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2 else 3 end, "
ORDERS = {
    (Sort.DUE, True): "r.next_due_at, r.id",
    (Sort.PRIORITY, True): RANK + "r.next_due_at, r.id",
    (Sort.UPDATED, True): "r.updated_at desc, r.id desc",
    (Sort.UPDATED, False): "r.updated_at desc, r.id desc",
}


def in_order(connection: psycopg.Connection[Any], query: dict[str, Any], sort: Sort) -> list[Any]:
    """What the same conditions find without any way but one: all rows, sorted."""
    one = worked(query, sort)
    where, values = conditions(CITY, one)
    order = ORDERS.get((sort, one.wanted.only_open), "r.received_at desc, r.id desc")
    rows = connection.execute(
        f"select r.id from request r where {' and '.join(where)} order by {order}", values
    ).fetchall()
    ids = [row[0] for row in rows]
    return [*ids, "the end"] if len(ids) <= PAGE * PAGES else ids[: PAGE * PAGES]


@pytest.mark.parametrize("sort", Sort)
def test_every_way_finds_the_same(
    asked: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, sort: Sort
) -> None:
    found = 0
    for query in SEARCHES:
        expected = in_order(asked, query, sort)
        found += len(expected) > 1
        for way, limits in WAYS.items():
            with monkeypatch.context() as patch:
                for name, value in limits.items():
                    patch.setattr(ways, name, value)
                if way == "everything is much":
                    patch.setattr(search, "MOST_FOUND", 1)
                assert paged(asked, query, sort) == expected, (query, way)
    assert found >= len(SEARCHES) - 3, "nearly all find something"
