"""``python3 run.py bench indicators``: builds of many requests, beside PostgreSQL grouping the same rows.

Lays the events of made-up requests, received over two years, answered after hours and closed after days, one in
ten still open; then measures the first build (the whole log), counting alone beside the database's own ``group by``
with ``percentile_cont`` over the same rows, a build after 10,000 new events (in one city, and over all), and the
questions a dashboard asks. The floor is PostgreSQL, because it is at hand wherever Nagara is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from bench.servers import database_in_earnest
from nagara.cities import configuration
from nagara.database import role_options, time_told
from nagara.indicators import issue_store, tally
from nagara.indicators.build import build_city
from nagara.indicators.facts import micros
from nagara.indicators.keeping import prove
from nagara.indicators.period import Period
from nagara.indicators.snapshots import figures_for

RESULTS = Path(__file__).with_name("RESULTS_INDICATORS.md")
NEW_EVENTS = 10_000
QUESTIONS = 40

FILL = """
with numbers as (
    select n, %(city)s || '-' || n as name,
           %(now)s - (random() * 700 + 20) * interval '1 day' as received,
           random() as luck, (array['road_pothole','street_light','garbage_missed','drain_blocked','noise',
           'tree_danger','flood_street','footpath'])[1 + (random() * 7)::int] as code, (random() * 9)::int as district
      from generate_series(1, %(count)s) n),
request as (
    select md5(name)::uuid as id, numbers.*, received + random() * interval '2 days' as answered,
           received + (-ln(1 - random()) * 6 + 0.1) * interval '1 day' as closed from numbers),
history as (
    select id, 1 as seq, 'filed' as kind, received as at, 'resident' as actor,
           jsonb_build_object('network_code', code, 'district', district::text, 'channel', 'web',
                              'config_fingerprint', 'f', 'promise_standard', 'published',
                              'resolve_by', received + interval '3 days', 'department', 'd') as data
      from request
    union all select id, 2, 'acknowledged', least(answered, closed), 'staff', '{}' from request
    union all select id, 3, 'resolved', closed, 'staff', '{"reason": "fixed"}' from request where luck < 0.9)
insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash)
select %(city)s, id, seq, kind, at, at, actor, data, sha256((id::text || seq)::bytea) from history
 where at < %(now)s - interval '1 day'
"""
"""Without the chain, which the figures do not read; a copy that is restored is laid the same way."""

NEWS = """
insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash)
select city_id, request_id, 90 + %(round)s, 'noted', %(at)s, %(at)s, 'staff', '{}',
       sha256((request_id::text || %(round)s)::bytea)
  from (select city_id, request_id from event where city_id = %(city)s and kind = 'filed'
         order by recorded_at desc limit %(count)s) recent
"""

FLOOR = """
select month, group_id, count(*), percentile_cont(array[0.25, 0.5, 0.75, 0.9]) within group
           (order by least(resolution, %(cut)s) - received),
       percentile_cont(array[0.5]) within group (order by least(response, %(cut)s) - received),
       count(*) filter (where due <= %(cut)s and resolution <= due), count(*) filter (where due <= %(cut)s)
  from indicator_issue where city_id = %(city)s group by month, group_id
"""
"""Quantiles of what is closed or was waited for so far: less than a life table, which also keeps who is open."""


def main(arguments: Sequence[str]) -> int:
    """Measure, show the table and keep it."""
    parser = argparse.ArgumentParser(prog="python3 run.py bench indicators", description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000_000, help="over all cities (default 5,000,000)")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    with database_in_earnest() as services:
        rows = _measured(services.database_url, given.requests)
    text = _table(rows, given.requests)
    print(text)
    given.results.write_text(text)
    return 0


def _measured(url: str, requests: int) -> list[tuple[str, str]]:
    known = configuration()
    cities = list(known.cities)
    each = requests // len(cities)
    rows: list[tuple[str, str]] = []
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as owner:
        now = time_told(owner)
        owner.execute("set session_replication_role = replica")
        for city in cities:
            owner.execute(FILL, {"city": city, "count": each, "now": now})
        owner.execute("vacuum analyze event")
        counted = owner.execute("select count(*) from event").fetchone()
        rows.append(("events laid", f"{counted[0] if counted else 0:,}"))
        with psycopg.connect(url, options=role_options("nagara_clock", 3_600_000)) as clock:

            def build(chosen: Sequence[str]) -> None:
                told = time_told(clock)
                for city in chosen:
                    build_city(clock, known, city, told)
                    clock.commit()

            rows.append(("first build: the whole log", _seconds(lambda: build(cities))))
            owner.execute("vacuum analyze indicator_issue")
            rows += _counting(clock, cities, now)
            rows.append(
                ("proof: the whole log against what is kept", _seconds(lambda: _prove(clock, cities)))
            )
            for name, chosen in (("one city", cities[:1]), (f"all {len(cities)} cities", cities)):
                share = NEW_EVENTS // len(chosen)
                for city in chosen:
                    values = {"city": city, "count": share, "at": time_told(owner), "round": len(chosen)}
                    owner.execute(NEWS, values)
                rows.append(
                    (f"build after {NEW_EVENTS:,} events in {name}", _seconds(lambda c=chosen: build(c)))  # type: ignore[misc]
                )
            rows += _questions(clock, cities, now)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, ("most memory of the building process", f"{peak:,.0f} MiB")]


def _prove(clock: psycopg.Connection[Any], cities: Sequence[str]) -> None:
    known, told = configuration(), time_told(clock)
    for city in cities:
        if prove(clock, known.cities[city], told):
            raise RuntimeError(f"what is kept of {city} is not what its log says")
        clock.commit()


def _counting(
    clock: psycopg.Connection[Any], cities: Sequence[str], now: dt.datetime
) -> list[tuple[str, str]]:
    """Counting all kept facts anew, and the floor, in turns; the median of three."""
    cut, ours, floor = micros(now), [], []

    def count() -> None:
        for city in cities:
            groups = issue_store.read_groups(clock, city)
            tally.cells_of(issue_store.read_issues(clock, city), groups.names(), cut)

    def group() -> None:
        for city in cities:
            clock.execute(FLOOR, {"city": city, "cut": cut}).fetchall()

    for _ in range(3):
        ours.append(_took(count))
        floor.append(_took(group))
    clock.commit()
    a, b = statistics.median(ours), statistics.median(floor)
    return [
        ("counting every month of every city", f"{a:.2f} s"),
        ("PostgreSQL: group by with percentile_cont over the same rows", f"{b:.2f} s"),
        ("ratio", f"{a / b:.2f}"),
    ]


def _questions(
    clock: psycopg.Connection[Any], cities: Sequence[str], now: dt.datetime
) -> list[tuple[str, str]]:
    """A city's figures of twelve months, as a dashboard asks for them."""
    known, times = configuration(), []
    year = Period((now - dt.timedelta(days=365)).date().replace(day=1), now.date().replace(day=1))
    for number in range(QUESTIONS):
        city = cities[number % len(cities)]
        times.append(_took(lambda city=city: figures_for(clock, known, city, year)) * 1000)  # type: ignore[misc]
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    return [("one city's figures of twelve months, p50 / p95", f"{p50:.0f} / {p95:.0f} ms")]


def _took(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _seconds(what: Callable[[], object]) -> str:
    return f"{_took(what):.2f} s"


def _table(rows: Sequence[tuple[str, str]], requests: int) -> str:
    lines = [f"# Indicators: {requests:,} requests", "", "| what | took |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    return "\n".join([*lines, "", (__doc__ or "").split("\n\n", 1)[1].strip(), ""])


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
