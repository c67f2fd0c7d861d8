"""Numbers to work by: what came, is open and was closed, by city, code and month, as of the last commit.

Requests are laid in three cities at most; every other city gets counts for two years of every common code, so that the
network's answer is as long as it would be. Nobody waits for a sweep: what is committed is in the next answer. Of all
cities the floor reads every count each time; the API reads those of which another version stands, and the news.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from bench.floor import Script, run_pgbench, spelled, variables_of
from bench.over_http import floor_of, load_of, reading, request_text
from bench.peer import BY_CATEGORY
from bench.rounds import Bar, Operation, Side
from bench.servers import Measured
from city_config import City
from nagara import accounts
from nagara.cities import configuration
from nagara.database import city_session, clock_connection, time_told
from nagara.indicators.period import Period
from nagara.network import live_counts
from nagara.permissions import NETWORK

BAR = Bar(p99_below_ms=50)
ALL_CONNECTIONS = 2
"""Officials who look at all cities at once are few."""

LAY = """
insert into request_count (city_id, month, network_code, received, open, closed)
select city, (date_trunc('month', %(now)s::timestamptz) - make_interval(months => ago))::date, code,
       5000, case when ago < 3 then 700 else 20 end, 4900
  from unnest(%(cities)s::text[]) city, unnest(%(codes)s::text[]) code, generate_series(0, 23) ago
"""


GROUPED = "select network_code, count(*) from request where city_id = {} and closed_at is null group by network_code"
"""What a system without counts of its own has to do for each report by category."""


def dashboard_operations(
    measured: Measured, owner: psycopg.Connection[Any], city: City, connections: int
) -> list[Operation]:
    """A supervisor's answer of two years of one city, alone and beside counting, and an official's of a year of all."""
    now = time_told(owner)
    _count(owner, now)
    every = list(configuration().cities.values())
    own, all_ = ([city], _months(now, 24)), (every, _months(now, 12))
    supervisor, official = _signed_in(city.id, "supervisor"), _signed_in(NETWORK, "official")
    one_city = load_of(measured, connections, 200, [_ask("staff", own[1], supervisor)])
    return [
        Operation(
            "dashboard, one city x code x month",
            connections,
            "answers/s",
            one_city,
            floor_of(measured, connections, [_script(city.id, *own)]),
            BAR,
        ),
        Operation(
            BY_CATEGORY,
            connections,
            "answers/s",
            one_city,
            floor_of(measured, connections, [_grouping(city)]),
        ),
        Operation(
            "dashboard, all cities x code x month",
            ALL_CONNECTIONS,
            "answers/s",
            load_of(measured, ALL_CONNECTIONS, 200, [_ask("network", all_[1], official)]),
            _floor_of_network(measured, _script(NETWORK, *all_, of_all=True)),
            BAR,
        ),
    ]


def _count(owner: psycopg.Connection[Any], now: dt.datetime) -> None:
    """Count what was laid past the triggers, and lay what other cities would have."""
    known = configuration()
    laid = {row[0] for row in owner.execute("select distinct city_id from request_count_news")}
    laid |= {city for city in known.cities if _has_requests(owner, city)}
    with clock_connection() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for city in sorted(laid):
            with connection.transaction():
                live_counts.prove(connection, known.cities[city])
        with connection.transaction():
            live_counts.fold(connection, known.cities.values())
    codes = [code.code for code in known.network.codes]
    owner.execute(LAY, {"now": now, "cities": sorted(known.cities.keys() - laid), "codes": codes})
    owner.execute("vacuum analyze request_count, request_count_news")


def _has_requests(owner: psycopg.Connection[Any], city: str) -> bool:
    return owner.execute("select from request where city_id = %s limit 1", (city,)).fetchone() is not None


def _months(now: dt.datetime, count: int) -> Period:
    """So many months up to the present one."""
    last = now.year * 12 + now.month - 1
    first = last - count + 1
    return Period(dt.date(first // 12, first % 12 + 1, 1), dt.date(last // 12, last % 12 + 1, 1))


def _signed_in(city_id: str, role: str) -> str:
    password = secrets.token_urlsafe(16)
    with city_session(city_id) as session:
        accounts.add_account(session, city_id, "counting", password, role)
        return accounts.sign_in(session, city_id, "counting", password).token


def _ask(room: str, period: Period, token: str) -> str:
    return request_text(
        "GET", f"/api/v1/{room}/counts?period={period}", b"", ("Authorization", f"Bearer {token}")
    )


def _script(city_id: str, cities: Sequence[City], period: Period, *, of_all: bool = False) -> Script:
    statement, values = live_counts.question(cities, period, of_all=of_all)
    assert isinstance(values, dict)
    names, variables = variables_of("d_", values | {"city_id": city_id})
    return Script(reading(names["city_id"], spelled(statement, names)), variables)


def _grouping(city: City) -> Script:
    names, variables = variables_of("g_", {"city_id": city.id})
    return Script(reading(names["city_id"], GROUPED.format(names["city_id"])), variables)


def _floor_of_network(measured: Measured, script: Script) -> Callable[[float], Side]:
    """The same statement by pgbench in the role that sees all cities' counts."""

    def run(seconds: float) -> Side:
        found = run_pgbench(
            measured.database_url,
            "nagara_network",
            [script],
            connections=ALL_CONNECTIONS,
            seconds=seconds,
            spent=measured.database_seconds,
        )
        return Side(found.rate, found.p50, found.p95, found.p99, database_us=found.spent_us)

    return run
