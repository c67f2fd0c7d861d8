"""What staff read: pages of the queue in every order, with filters, by words, deep ones; a request; the figures.

The floor fetches the same rows by the same statements. What Nagara looks up before a page, the floor finds
within its one statement.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench.floor import Script, spelled, variables_of
from bench.over_http import floor_of, load_of, reading, request_text
from bench.references import drawing_commands, drawn, reference
from bench.rounds import Bar, Operation
from bench.servers import Measured
from city_config import City
from nagara.accounts import Account
from nagara.permissions import Role
from nagara.queue import counts
from nagara.queue.asked import AskedPage, end_of_day
from nagara.queue.filters import QueueFilter, Worked
from nagara.queue.pages import cursor_after, page_statement, question
from nagara.queue.rows import NAMES
from nagara.queue.search import MOST_FOUND
from nagara.queue.words import sought

PAGE_BAR = Bar(ratio_at_least=0.1, stretch_ratio=0.18, p95_below_ms=50)
COUNTS_BAR, DETAIL_BAR = Bar(p95_below_ms=50), Bar(p95_below_ms=20)
DEEP_PAGES, DRAWN = 8, 40_000
Query = dict[str, str]
PAGES: tuple[tuple[str, tuple[Query, ...]], ...] = (
    (
        "queue, with filters",
        (
            {"status": "received,acknowledged"},
            {"view": "overdue"},
            {"department": "{department}", "status": "assigned,in_progress"},
            {"service": "{service}", "sort": "priority"},
            {"view": "unassigned", "sort": "received"},
            {"district": "{district}", "priority": "normal", "sort": "updated"},
        ),
    ),
    ("queue, closed ones", ({"status": "resolved"}, {"status": "all", "sort": "updated"})),
    ("queue, rare words", tuple({"q": digits} for digits in ("23456", "75432", "62534"))),
    ("queue, common words", ({"q": "mosquitoes"}, {"q": "water knee", "sort": "received"})),
    ("queue, an area", ({"area": "{area}"}, {"bbox": "{box}", "sort": "received"})),
)
SORTS: tuple[Query, ...] = ({}, {"sort": "received"}, {"sort": "updated"}, {"sort": "priority"})
DETAIL = (
    "select * from request where city_id = %s and reference = %s",
    "select e.* from event e join request r on r.city_id = e.city_id and r.id = e.request_id "
    "where r.city_id = %s and r.reference = %s order by e.seq",
)


def queue_operations(
    measured: Measured, owner: psycopg.Connection[Any], city: City, count: int, token: str, connections: int
) -> list[Operation]:
    """Everything staff read of a city whose first ``count`` references are drawn from."""
    common = _common(owner, city)
    operations = [_pages("queue, first page", SORTS, measured, city, token, connections)]
    depths = _depths(owner, city)
    deep = [query | {"cursor": cursor} for query in SORTS for cursor in _deep(owner, city, query, depths)]
    begin = f"the pages begin at positions {depths[0]:,} to {depths[-1]:,}"
    operations.append(_pages("queue, deep page", deep, measured, city, token, connections, begin))
    for name, queries in PAGES:
        filled = [{key: text.format(**common) for key, text in query.items()} for query in queries]
        operations.append(_pages(name, filled, measured, city, token, connections))
    return [
        *operations,
        _detail(measured, city, count, token, connections),
        _counts(measured, city, token, connections),
    ]


def _pages(
    name: str,
    queries: Sequence[Query],
    measured: Measured,
    city: City,
    token: str,
    connections: int,
    note: str = "",
) -> Operation:
    requests = [_get(f"/api/v1/staff/queue?{urlencode({'limit': 50} | query)}", token) for query in queries]
    scripts = [_script(number, city, query) for number, query in enumerate(queries)]
    return Operation(
        name,
        connections,
        "pages/s",
        load_of(measured, connections, 200, requests),
        floor_of(measured, connections, scripts),
        PAGE_BAR,
        note,
    )


def _detail(measured: Measured, city: City, count: int, token: str, connections: int) -> Operation:
    chance = random.Random(11)
    references = [reference(city.reference_prefix, chance.randrange(count)) for _ in range(DRAWN)]
    names, variables = variables_of("", {"city": city.id})
    statements = [spelled(one, [names["city"], drawn(city.reference_prefix)]) for one in DETAIL]
    text = drawing_commands(city.reference_prefix, count) + "\n" + reading(names["city"], *statements)
    return Operation(
        "queue, a request opened",
        connections,
        "answers/s",
        load_of(
            measured, connections, 200, [_get(f"/api/v1/staff/requests/{one}", token) for one in references]
        ),
        floor_of(measured, connections, [Script(text, variables)]),
        DETAIL_BAR,
    )


def _counts(measured: Measured, city: City, token: str, connections: int) -> Operation:
    statement, values = counts.question(_somebody(city), end_of_day(city, dt.datetime.now(dt.UTC)))
    names, variables = variables_of("c_", dict(values))
    return Operation(
        "queue, figures of the views",
        connections,
        "answers/s",
        load_of(measured, connections, 200, [_get("/api/v1/staff/queue/counts", token)]),
        floor_of(
            measured, connections, [Script(reading(names["city_id"], spelled(statement, names)), variables)]
        ),
        COUNTS_BAR,
    )


def _somebody(city: City) -> Account:
    return Account(city.id, "supervisor", Role.SUPERVISOR, (), "")


def wanted_by(city: City, query: Mapping[str, str]) -> QueueFilter:
    """The filter the route makes of a query."""
    return AskedPage.model_validate(dict(query)).meant(_somebody(city), city, dt.datetime.now(dt.UTC))


def _script(number: int, city: City, query: Mapping[str, str]) -> Script:
    wanted = wanted_by(city, query)
    looked_for = sought(city.id, wanted.text) if wanted.text else None
    rare = looked_for is not None and wanted.text is not None and wanted.text.isdigit()
    worked = Worked(wanted, found="{}") if rare else Worked(wanted, sought=looked_for)
    (statement, values), _ = question(city.id, worked)
    names, variables = variables_of(f"q{number}_", dict(values))
    if rare and looked_for is not None:
        grams = ",".join(map(str, looked_for.grams))
        names["found"] = (
            f"(select request_words_found('{{{grams}}}', '{{{','.join(looked_for.needles)}}}', {MOST_FOUND}))::uuid[]"
        )
        variables.pop(f"q{number}_found")
    return Script(reading(names["city_id"], spelled(statement, names)), variables)


def _get(path: str, token: str) -> str:
    return request_text("GET", path, b"", ("Authorization", f"Bearer {token}"))


def _depths(owner: psycopg.Connection[Any], city: City) -> list[int]:
    """Positions towards the end of what is open."""
    row = owner.execute(
        "select count(*) from request where city_id = %s and closed_at is null", (city.id,)
    ).fetchone()
    assert row is not None
    return [int(row[0] * (0.86 + 0.1 * number / DEEP_PAGES)) for number in range(DEEP_PAGES)]


def _deep(owner: psycopg.Connection[Any], city: City, query: Query, depths: Sequence[int]) -> list[str]:
    """Cursors of the pages at these positions of what is open, in the query's order."""
    cursors, wanted = [], wanted_by(city, query)
    statement, values = page_statement(city.id, Worked(wanted))
    for offset in depths:
        found = owner.execute(f"{statement} offset {offset}", values | {"one_more": offset + 1}).fetchone()
        assert found is not None
        named = dict(zip(NAMES, found, strict=True))
        cursors.append(cursor_after(named | {"id": named["id"]}, wanted))
    return cursors


def _common(owner: psycopg.Connection[Any], city: City) -> dict[str, str]:
    """The most common department, service and district of a city's open requests, and an area in its middle."""
    row = owner.execute(
        "select mode() within group (order by department), mode() within group (order by service_code), "
        "mode() within group (order by district) from request where city_id = %s and closed_at is null",
        (city.id,),
    ).fetchone()
    assert row is not None
    lat, lon = city.map.centre.lat, city.map.centre.lon
    return {
        "department": row[0],
        "service": row[1],
        "district": row[2],
        "area": f"{lon},{lat};{lon + 0.01},{lat};{lon + 0.005},{lat + 0.01}",
        "box": f"{lon},{lat},{lon + 0.01},{lat + 0.01}",
    }
