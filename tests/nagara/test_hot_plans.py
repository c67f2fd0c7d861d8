"""The hot paths' plans: none reads a whole table, and a usual page is not planned anew each time.

What a server takes from queues of all its cities is hot, too: each is taken along an index of what waits.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest

from bench.floor import as_text, spelled
from city_config import City
from nagara import statements
from nagara.batches import jobs
from nagara.cities import city_of, configuration
from nagara.database import Role, role_options, time_told
from nagara.escalation import climbing as escalation
from nagara.external_owner import sending, telling
from nagara.filing import joining, nearby, together
from nagara.filing.handed_in import Filing
from nagara.filing.intake import decide, filing_row, sealed_contact
from nagara.gis import map_points
from nagara.gis.mercator import tile_around
from nagara.indicators import reading
from nagara.lifecycle import AT_WORK
from nagara.local.throwaway import Throwaway
from nagara.network import live_counts
from nagara.notifications import alerts, claiming, composing
from nagara.open311 import lists
from nagara.public.publication import public_values
from nagara.queue import pages
from nagara.queue.filters import QueueFilter, Sort, Worked
from nagara.queue.pages import cursor_after, page_statement
from nagara.queue.search import TAKE_WAITING
from nagara.staff.views import STAFF_DUPLICATES, STAFF_EVENTS, STAFF_REQUEST
from nagara.system_events import RECORD

AT_A_TICK = 2000
"""As many events as a tick takes, more than any other."""

MUCH_WAITS: LiteralString = """
create temp table newest as select city_id, id, row_number() over (order by id desc) as place from request
 order by id desc limit 5000;
insert into event_outbox (city_id, request_id, seq, urgent)
select city_id, id, 1, place % 4 = 0 from newest;
insert into notification (city_id, request_id, seq, audience, channel, sealed_recipient, language, subject, body,
                          created_at, attempts, urgency, next_attempt_at)
select r.city_id, r.id, 1, 'resident', 'email', 'x', 'en', 'Your report', 'It was received.', r.received_at, 0,
       (coalesce(n.place, 1) % 4 = 0)::int, case when n.place % 2 = 0 then r.received_at end
  from request r left join newest n using (city_id, id);
insert into message (city_id, id, audience, channel, sealed_recipient, sealed_text, language, created_at, expires_at,
                     next_attempt_at)
select r.city_id, r.id, 'resident', 'email', 'x', 'x', 'en', r.received_at, now() + interval '1 hour',
       case when n.place % 2 = 0 then r.received_at end
  from request r left join newest n using (city_id, id);
insert into alert_waiting (city_id, request_id, since, look_again_at)
select city_id, id, now(), case when place <= 100 then now() else now() + interval '1 hour' end from newest;
insert into external_request (city_id, request_id, owner, state, created_at, tried_since, next_attempt_at, next_tell_at)
select city_id, id, 'state', case when place <= 2000 then 'waiting' else 'sent' end, now(), now(),
       case when place <= 2000 then now() end, case when place > 3000 then now() end
  from newest;
insert into request_count_news (city_id, at, network_code, received, open, closed)
select city_id, now(), 'waste', 1, 1, 0 from newest;
insert into staff_job (city_id, id, kind, username, wanted, state)
select city_id, id, 'bulk', 'agent', '{}', case when place <= 200 then 'waiting' else 'done' end from newest;
update request_words w set words = null, grams = null from newest n
 where place <= 200 and w.city_id = n.city_id and w.request_id = n.id;
"""


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
        "news for figures": (
            reading.CHANGED_BETWEEN,
            {"city": city.id, "since": now - dt.timedelta(seconds=1), "known_at": now},
        ),
        "what was linked to some": (
            reading.FOLLOWERS_OF_SOME,
            {"city": city.id, "requests": [id_], "known_at": now, "cut_off": now},
        ),
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


@dataclass(frozen=True, slots=True)
class ServerQueue:
    """What is taken of all cities of a server in one question, along ``indexes`` of what waits in ``table``."""

    statement: str
    values: Mapping[str, Any]
    table: str
    indexes: frozenset[str]


def server_queues(now: dt.datetime) -> dict[str, ServerQueue]:
    """Every queue that is one for a server, not one for a city, as its timer asks.

    One question finds what has waited longest, however many cities there are. Spread over several servers, each has
    its own queues, and workers that take from them.
    """
    cities = list(configuration().cities)
    of_cities = {"cities": cities, "limit": AT_A_TICK}
    due = {"cities": cities, "now": now, "limit": 1000}
    of_channel = {"channel": "email", "limit": 200, "lease": dt.timedelta(minutes=2)}
    one = {"lease": dt.timedelta(minutes=1)}
    zones = {"cities": cities, "zones": ["UTC"] * len(cities), "most": live_counts.MOST_TAKEN}
    sweep = {"now": now, "cities": cities, "statuses": escalation.STATUSES, "batch": escalation.BATCH}
    strays = {"now": now, "most": escalation.MOST_STRAYS_COUNTED, "cities": cities}
    job = {"kind": "bulk", "most": 50}
    found: dict[str, tuple[str, Mapping[str, Any], str, list[str]]] = {
        "due steps": (escalation.TAKE_DUE, sweep, "request", ["request_next_step"]),
        "due longest": (_named(escalation.COUNT_STRAYS, strays), strays, "request", ["request_next_step"]),
        "events nobody was told of": (
            composing.TAKE_EVENTS,
            of_cities,
            "event_outbox",
            ["event_outbox_pkey", "event_outbox_urgent"],
        ),
        "notices": (claiming.TAKE_NOTICES, of_channel, "notification", ["notification_due_by_urgency"]),
        "messages": (claiming.TAKE_MESSAGES, of_channel, "message", ["message_due"]),
        "messages that are too late": (claiming.TOO_LATE, {"channel": "email"}, "message", ["message_old"]),
        "what watchers wait for": (
            _named(alerts.TAKE_WAITING, due),
            due,
            "alert_waiting",
            ["alert_waiting_due"],
        ),
        "words": (TAKE_WAITING, {"most": 1000}, "request_words", ["request_words_pending"]),
        "news of counts": (live_counts.FOLD, zones, "request_count_news", ["request_count_news_pkey"]),
        "long jobs": (_named(jobs.WAITING, job), job, "staff_job", ["staff_job_open"]),
        "to be sent on": (_named(sending.TAKE, one), one, "external_request", ["external_request_next"]),
        "to be told on": (_named(telling.TAKE, one), one, "external_request", ["external_request_tell"]),
    }
    return {
        name: ServerQueue(statement, values, table, frozenset(indexes))
        for name, (statement, values, table, indexes) in found.items()
    }


def _named(statement: str, values: Mapping[str, Any]) -> str:
    """A statement that takes its values in order, with their names."""
    return spelled(statement, [f"%({name})s" for name in values])


QUEUES = (
    "due steps",
    "due longest",
    "events nobody was told of",
    "notices",
    "messages",
    "messages that are too late",
    "what watchers wait for",
    "words",
    "news of counts",
    "long jobs",
    "to be sent on",
    "to be told on",
)
"""The names of ``server_queues``."""

OF_THE_CLOCK = frozenset(
    {"due steps", "recorded steps", "moved up", "news for figures", "what was linked to some"}
)
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
    "news for figures",
    "what was linked to some",
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
    found = planned(large, role, statement, values, plan)
    assert {node["Relation Name"] for node in found if "Relation Name" in node} & {"request", "event"}
    assert read_whole(found) & {"request", "event"} == set(), json.dumps(found[0], indent=1)


@pytest.mark.parametrize("plan", ["for these values", "for any values"])
@pytest.mark.parametrize(
    ("name", "index"), [("news for figures", "event_recorded"), ("what was linked to some", "event_parents")]
)
def test_figures_find_what_is_new_without_looking_at_what_is_not(
    large: str, name: str, index: str, plan: str
) -> None:
    with psycopg.connect(large, autocommit=True) as owner:
        statement, values = hot_statements(owner, city_of("kh-pnh"))[name]
    found = planned(large, "nagara_clock", statement, values, plan)
    assert index in {node["Index Name"] for node in found if "Index Name" in node}, json.dumps(
        found[0], indent=1
    )


@pytest.fixture(scope="module")
def much_waits(large: str, services: Throwaway) -> str:
    """A copy of the large database in whose queues thousands of rows wait, analyzed."""
    name = "much_waits"
    with psycopg.connect(services.database_url, autocommit=True) as owner:
        owner.execute("create database much_waits template many_requests")
    url = services.cluster.url_of(name)
    unasked = "-c session_replication_role=replica"  # jobs are of accounts that need not be there
    with psycopg.connect(url, autocommit=True, options=unasked) as owner:
        owner.execute(MUCH_WAITS)
        owner.execute("vacuum (analyze)")
    return url


@pytest.mark.parametrize("plan", ["for these values", "for any values"])
@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_of_a_server_is_taken_along_what_waits(much_waits: str, name: str, plan: str) -> None:
    with psycopg.connect(much_waits, autocommit=True) as owner:
        queues = server_queues(time_told(owner))
    assert tuple(queues) == QUEUES, "each of them is looked at"
    queue = queues[name]
    found = planned(much_waits, "nagara_clock", queue.statement, queue.values, plan)
    told = json.dumps(found[0], indent=1)
    assert read_whole(found) & {"request", "event"} == set(), told
    assert queue.indexes <= {node["Index Name"] for node in found if "Index Name" in node}, told


@pytest.mark.parametrize("plan", ["for these values", "for any values"])
def test_how_time_stands_is_told_along_what_waits(large: str, plan: str) -> None:
    with psycopg.connect(large, autocommit=True) as owner:
        row = owner.execute("select prosrc from pg_proc where proname = 'time_standing'").fetchone()
    assert row is not None
    of_cities = row[0].replace("any(cities)", "any(%(cities)s)")
    statement = of_cities.replace("unnest(ways)", "unnest(%(ways)s::text[])")
    values = {"cities": list(configuration().cities), "ways": ["email", "sms"]}
    found = planned(large, "nagara_clock", statement, values, plan)
    assert read_whole(found) & {"request", "event"} == set(), json.dumps(found[0], indent=1)


def planned(
    url: str, role: Role, statement: str, values: Mapping[str, Any], plan: str
) -> list[dict[str, Any]]:
    """The nodes of the plan of a statement "for these values" or "for any values"."""
    with psycopg.connect(url, options=role_options(role), cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("select set_config('nagara.city', 'kh-pnh', true)")
        if plan == "for any values":
            numbered = {key: f"${number}" for number, key in enumerate(values, 1)}
            asked = f"explain (generic_plan, format json) {spelled(statement, numbered)}"
        else:
            asked = f"explain (format json) {spelled(statement, literals(values))}"
        row = connection.execute(asked).fetchone()
    assert row is not None
    return list(nodes(row[0][0]["Plan"]))


def read_whole(found: list[dict[str, Any]]) -> set[str]:
    """The tables that a plan reads from end to end."""
    return {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}


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
