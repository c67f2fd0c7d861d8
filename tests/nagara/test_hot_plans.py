"""The hot paths' plans: none reads a whole table, and a usual page is not planned anew each time."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from bench.floor import as_text, spelled
from city_config import City
from nagara import statements
from nagara.cities import city_of
from nagara.database import Role, role_options, time_told
from nagara.escalation import climbing as escalation
from nagara.filing import joining, nearby, together
from nagara.filing.handed_in import Filing
from nagara.filing.intake import decide, filing_row, sealed_contact
from nagara.gis import map_points
from nagara.gis.mercator import tile_around
from nagara.lifecycle import AT_WORK
from nagara.open311 import lists
from nagara.public.publication import public_values
from nagara.queue import pages
from nagara.queue.filters import QueueFilter, Sort, Worked
from nagara.queue.pages import cursor_after, page_statement
from nagara.staff.views import STAFF_DUPLICATES, STAFF_EVENTS, STAFF_REQUEST
from nagara.system_events import RECORD


def hot_statements(owner: psycopg.Connection[Any], city: City) -> dict[str, tuple[str, Any]]:
    """The statements that must never read a whole table, with values they are asked with."""
    row = owner.execute(
        "select reference, next_due_at, id, received_at from request where city_id = %s and closed_at is null "
        "order by next_due_at, id offset 2000 limit 1",
        (city.id,),
    ).fetchone()
    assert row is not None
    reference, at, id_, received_at = row
    after = cursor_after({"next_due_at": at, "id": id_}, QueueFilter())
    now = time_told(owner)
    sweep = {
        "now": now,
        "cities": [city.id],
        "statuses": [status.value for status in AT_WORK],
        "batch": escalation.BATCH,
    }
    tile = tile_around(city.map.centre.lat, city.map.centre.lon, 15)
    return {
        "status": (
            statements.PUBLIC_STATUS,
            public_values(city) | {"public_kinds": ["filed"], "city_id": city.id, "reference": reference},
        ),
        "opened": (STAFF_REQUEST, {"city_id": city.id, "reference": reference}),
        "its events": (STAFF_EVENTS, {"city_id": city.id, "reference": reference}),
        "what follows it": (STAFF_DUPLICATES, {"city_id": city.id, "reference": reference, "most": 101}),
        "near": near_somebody(owner, city),
        "joined": (
            joining.FIND_JOINABLE,
            public_values(city) | {"city_id": city.id, "same_as": reference},
        ),
        "find by key": (
            spelled(statements.FIND_BY_KEY, ["%(city)s", "%(key)s"]),
            {"city": city.id, "key": "a"},
        ),
        "first page": page_statement(city.id, Worked(QueueFilter())),
        "deep page": page_statement(city.id, Worked(QueueFilter(cursor=after))),
        "due steps": (escalation.TAKE_DUE, sweep),
        "recorded steps": (RECORD, climbed(city, id_) | {"kind": "escalated"}),
        "moved up": (escalation.MOVE_UP, climbed(city, id_)),
        "a tile": map_points.question(city, tile),
        "a crowded tile": map_points.squares_question(city, tile),
        "filed together": (statements.FILE_TOGETHER, filed_together(city, now)),
        "GeoReport list": (statements.GEOREPORT_LIST, lists.list_values(city, georeport_page(now, 1))),
        "GeoReport list, on": (
            statements.GEOREPORT_LIST,
            lists.list_values(city, georeport_page(now, 1, lists.Place(received_at, id_))),
        ),
        "GeoReport walk": (statements.GEOREPORT_WALK, lists.list_values(city, georeport_page(now, 5))),
        "GeoReport count": (
            statements.GEOREPORT_COUNT,
            lists.list_values(city, georeport_page(now, 1)) | {"most": lists.MOST_COUNTED + 1},
        ),
    }


OF_THE_CLOCK = frozenset({"due steps", "recorded steps", "moved up"})
"""Hot statements of the time door, which sees all cities."""


def climbed(city: City, id_: uuid.UUID) -> dict[str, Any]:
    """What the sweep writes of one request that climbs."""
    return {
        "cities": [city.id],
        "ids": [id_],
        "statuses": ["received"],
        "data": ["{}"],
        "keys": ["1"],
        "steps": [1],
        "priorities": ["high"],
        "next_steps": ["2026-01-01T00:00:00Z"],
        "climbs": ["{}"],
        "departments": [city.departments[0].code],
        "assignees": ["somebody"],
    }


def filed_together(city: City, now: dt.datetime) -> dict[str, Any]:
    """What two reports that come at one moment are written with."""
    service = next(one for one in city.services if not any(question.required for question in one.questions))
    filing = Filing(
        service.code, city.map.centre.lat, city.map.centre.lon, contact={"email": "a@example.org"}
    )
    decision = decide(city, filing, now)
    rows = [
        together._as_text(
            filing_row(city, filing, decision, now, None) | sealed_contact(city, filing, b"secret" * 8)
        ).decode()
        for _ in range(2)
    ]
    return {"rows": f"[{','.join(rows)}]", "city_id": city.id, "received_at": now}


def georeport_page(now: dt.datetime, page: int, after: lists.Place | None = None) -> lists.ListFilter:
    """A page of what came in the last ninety days, as other systems ask for it who say nothing else."""
    received = lists.window(None, None, now, ("start_date", "end_date"))
    return lists.ListFilter(received, page=page, after=after)


def literals(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as they are written into a statement."""
    quoted = {name: as_text(value).replace("'", "''") for name, value in values.items() if value is not None}
    return {name: f"'{quoted[name]}'" if name in quoted else "null" for name in values}


def near_somebody(owner: psycopg.Connection[Any], city: City) -> tuple[str, dict[str, Any]]:
    """What finds the open reports near one of them."""
    row = owner.execute(
        "select lat, lon, service_code from request "
        "where city_id = %s and closed_at is null and lat is not null limit 1",
        (city.id,),
    ).fetchone()
    assert row is not None
    lat, lon, service = row
    around = nearby.Around(lat, lon, 100)
    statement, values = nearby.question(city, city.services_by_code[service], around, [uuid.uuid4()])
    assert isinstance(values, dict)
    return statement, values


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's node and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


HOT = (
    "status",
    "opened",
    "its events",
    "what follows it",
    "near",
    "joined",
    "find by key",
    "first page",
    "deep page",
    "due steps",
    "recorded steps",
    "moved up",
    "a tile",
    "a crowded tile",
    "filed together",
    "GeoReport list",
    "GeoReport list, on",
    "GeoReport walk",
    "GeoReport count",
)
"""The names of ``hot_statements``."""


@pytest.mark.parametrize("name", HOT)
@pytest.mark.parametrize("plan", ["for these values", "for any values"])
def test_no_hot_plan_reads_a_whole_table(large: str, name: str, plan: str) -> None:
    city = city_of("kh-pnh")
    role: Role = "nagara_clock" if name in OF_THE_CLOCK else "nagara_app"
    with psycopg.connect(large, autocommit=True) as owner:
        hot = hot_statements(owner, city)
    assert tuple(hot) == HOT, "each of them is looked at"
    statement, values = hot[name]
    with psycopg.connect(
        large, options=role_options(role), cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute("select set_config('nagara.city', %s, true)", (city.id,))
        if plan == "for any values":
            numbered = {key: f"${number}" for number, key in enumerate(values, 1)}
            row = connection.execute(
                f"explain (generic_plan, format json) {spelled(statement, numbered)}"
            ).fetchone()
        else:
            literal = literals(values)
            row = connection.execute(f"explain (format json) {spelled(statement, literal)}").fetchone()
    assert row is not None
    found = list(nodes(row[0][0]["Plan"]))
    assert {node["Relation Name"] for node in found if "Relation Name" in node} & {"request", "event"}
    whole = [
        node["Relation Name"]
        for node in found
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in ("request", "event")
    ]
    assert whole == [], json.dumps(row[0], indent=1)


def test_what_is_near_costs_the_same_however_much_a_city_has(large: str) -> None:
    """Rows are looked at in one band of the index alone, between two longitudes: what lies elsewhere costs nothing."""
    city = city_of("kh-pnh")
    with psycopg.connect(large, autocommit=True) as owner:
        statement, values = near_somebody(owner, city)
    literal = literals(values)
    with psycopg.connect(
        large, options=role_options("nagara_app"), cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute("select set_config('nagara.city', %s, true)", (city.id,))
        row = connection.execute(
            f"explain (analyze, timing off, format json) {spelled(statement, literal)}"
        ).fetchone()
        boxed = connection.execute(
            "select count(*) from request where near_band = any(%(bands)s) and closed_at is null "
            "and lon between %(west)s and %(east)s",
            values,
        ).fetchone()
    assert row is not None
    assert boxed is not None
    [walk] = [node for node in nodes(row[0][0]["Plan"]) if node.get("Index Name") == "request_near"]
    for column in ("city_id", "near_band", "lon"):
        assert column in walk["Index Cond"]
    looked_at = walk["Actual Rows"] + walk.get("Rows Removed by Filter", 0)
    assert 1 <= looked_at <= boxed[0], "nothing outside the box"


@pytest.mark.parametrize("sort", ["due", "received", "updated", "priority"])
def test_a_usual_page_is_not_planned_anew_each_time(large: str, sort: str) -> None:
    city = city_of("kh-pnh")
    (statement, values), kept = pages.question(city.id, Worked(QueueFilter(sort=Sort(sort))))
    assert kept
    with psycopg.connect(large, options=role_options("nagara_app"), prepare_threshold=0) as connection:
        connection.execute("select set_config('nagara.city', %s, true)", (city.id,))
        for _ in range(8):  # PostgreSQL plans for the very values five times before it compares
            assert len(connection.execute(statement, values).fetchall()) == pages.USUAL_PAGE + 1
        row = connection.execute(
            "select generic_plans from pg_prepared_statements where statement like '%%r.next_due_at%%'"
        ).fetchone()
    assert row == (3,)
