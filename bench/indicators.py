"""``python3 run.py bench indicators``: builds of the figures, beside DuckDB grouping the same rows.

Lays the events of made-up requests of two years, answered after hours and closed after days, one in ten still open, in
the order in which they happen. Then, in turns, medians of the rounds: the first build (the whole log of every city, to
figures that stand in the database, two processes) beside DuckDB (two threads) making the same life tables, counts and
promises from the same events as Parquet, their JSON taken apart before the clock starts; and counting every month anew
from the rows that are kept, beside DuckDB grouping one row for each request. Both must count the same, else it fails.
After that: builds after 10,000 new events, the proof, and what dashboards ask, with nothing kept in the process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from bench.duckdb_beside import Duck, write_events
from bench.questions import questions
from bench.servers import database_in_earnest
from nagara.cities import configuration
from nagara.database import role_options, time_told
from nagara.indicators import issue_store, tally
from nagara.indicators.build import build_city
from nagara.indicators.facts import micros
from nagara.indicators.keeping import prove
from nagara.indicators.packed import CURVES, Packed
from nagara.indicators.snapshots import latest_snapshots, month_rows

RESULTS = Path(__file__).with_name("RESULTS_INDICATORS.md")
PROCESSES = 2
NEW_EVENTS = 10_000
CODES = (
    "road_pothole", "street_light", "waste_missed", "drain_blocked", "noise", "tree_danger", "flood_street",
    "footpath_damaged",
)  # fmt: skip

FILL = """
with numbers as (
    select n, %(now)s - (random() * 700 + 20) * interval '1 day' as received,
           random() as luck, (%(codes)s::text[])[1 + (random() * 7)::int] as code, (random() * 9)::int as district
      from generate_series(1, %(count)s) n),
request as (
    select (lpad(to_hex((extract(epoch from received) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
            || '8' || substr(md5(n::text), 4, 15))::uuid as id, numbers.*,
           received + random() * interval '2 days' as answered,
           received + (-ln(1 - random()) * 6 + 0.1) * interval '1 day' as closed from numbers),
history as (
    select id, 1 as seq, 'filed' as kind, received as at, 'resident' as actor,
           jsonb_build_object('network_code', code, 'district', district::text, 'channel', 'web', 'source', null,
                              'config_fingerprint', 'f', 'promise_standard', 'published',
                              'resolve_by', received + interval '3 days', 'department', 'd') as data
      from request
    union all select id, 2, 'acknowledged', least(answered, closed), 'staff', '{}' from request
    union all select id, 3, 'resolved', closed, 'staff', '{"reason": "fixed"}' from request where luck < 0.9)
insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash)
select %(city)s, id, seq, kind, at, at, actor, data, sha256((id::text || seq)::bytea) from history
 where at < %(now)s - interval '1 day' order by at
"""
"""Without the chain, which figures do not read; ids and order are those of requests that came one after another."""

NEWS = """
with open as (
    select filed.request_id from event filed
     where filed.city_id = %(city)s and filed.kind = 'filed' and filed.recorded_at > %(at)s - interval '60 days'
       and not exists (select from event e where e.city_id = filed.city_id and e.request_id = filed.request_id
                                             and e.kind = 'resolved')
     limit %(count)s / 2),
recent as (
    select request_id from event where city_id = %(city)s and kind = 'filed' order by recorded_at desc
     limit %(count)s - (select count(*) from open))
insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash)
select %(city)s, request_id, 90 + %(round)s, kind, %(at)s, %(at)s, 'staff', '{}',
       sha256((request_id::text || kind || %(round)s)::bytea)
  from (select request_id, 'resolved' as kind from open
        union all select request_id, 'noted' from recent where request_id not in (select request_id from open)) news
on conflict do nothing
"""
EMPTY = """
truncate indicator_part, indicator_build, indicator_group, indicator_sheet, indicator_sum, indicator_figure,
         indicator_snapshot
"""
Row = tuple[str, str]


def main(arguments: Sequence[str]) -> int:
    """Measure, show the table and keep it."""
    parser = argparse.ArgumentParser(prog="python3 run.py bench indicators", description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000_000, help="over all cities (default 5,000,000)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    with database_in_earnest() as services, tempfile.TemporaryDirectory() as folder:
        rows = _measured(services.database_url, given.requests, given.rounds, Path(folder))
    text = _table(rows, given.requests, given.rounds)
    print(text)
    given.results.write_text(text)
    return 0


@dataclass
class _World:
    """What is measured: a database with events, and DuckDB beside it."""

    url: str
    owner: psycopg.Connection[Any]
    cities: list[str]
    pool: ProcessPoolExecutor
    duck: Duck
    now: dt.datetime
    took: dict[str, list[float]] = field(default_factory=dict)

    def time(self, name: str, what: Callable[[], object]) -> None:
        """Measure one round of something."""
        began = time.perf_counter()
        what()
        took = time.perf_counter() - began
        self.took.setdefault(name, []).append(took)
        print(f"{name}: {took:.2f} s", file=sys.stderr, flush=True)

    def median(self, name: str) -> float:
        return statistics.median(self.took[name])

    def in_processes(self, what: Callable[..., object], cities: Sequence[str], *given: object) -> list[Any]:
        """Something of each city, on as many processes as there are workers."""
        return list(
            self.pool.map(what, [self.url] * len(cities), cities, *([one] * len(cities) for one in given))
        )


def _measured(url: str, requests: int, rounds: int, folder: Path) -> list[Row]:
    cities = list(configuration().cities)
    with (
        psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as owner,
        ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool,
    ):
        now = time_told(owner)
        owner.execute("set session_replication_role = replica")
        world = _World(url, owner, cities, pool, Duck(folder, PROCESSES), now)
        events, laid = _laid(world, requests, folder)
        list(pool.map(_ready, range(PROCESSES)))
        rows = [
            ("events laid", f"{events:,}"),
            ("laying them and taking them over as Parquet", f"{laid:.0f} s"),
        ]
        rows += [*_full(world, rounds), *_counting(world, rounds)]
        rows += [*_news(world, rounds), *_proof(world)]
        rows += questions(url, cities, CODES[0])
        peak = max(pool.map(_peak, range(PROCESSES)))
    return [*rows, ("most memory of a building process", f"{peak:,.0f} MiB")]


def _laid(world: _World, requests: int, folder: Path) -> tuple[int, float]:
    """Lay the events and take them over into DuckDB; returns how many there are, and the seconds it took.

    Room for the write-ahead log of all of them, so that no checkpoint writes a page twice; afterwards it is as it was.
    """
    began = time.perf_counter()
    world.owner.execute("alter system set max_wal_size = '24GB'")
    world.owner.execute("select pg_reload_conf()")
    world.in_processes(_lay, world.cities, world.now, requests // len(world.cities))
    world.owner.execute("vacuum analyze event")
    world.owner.execute("alter system reset max_wal_size")
    world.owner.execute("select pg_reload_conf()")
    world.owner.execute("checkpoint")
    world.in_processes(write_events, world.cities, folder)
    return world.duck.take(), time.perf_counter() - began


def _lay(url: str, city: str, now: dt.datetime, count: int) -> None:
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("set work_mem = '256MB'")
        owner.execute(FILL, {"count": count, "now": now, "codes": list(CODES), "city": city})


def _full(world: _World, rounds: int) -> list[Row]:
    for _ in range(rounds):
        world.owner.execute(EMPTY)
        told = time_told(world.owner)
        world.time("full", lambda told=told: world.in_processes(_build, world.cities, told))  # type: ignore[misc]
        world.time("duck events", lambda told=told: world.duck.from_events(told))  # type: ignore[misc]
    world.owner.execute("vacuum analyze indicator_part, indicator_figure")
    _hold(world, "events")
    ours, theirs = world.median("full"), world.median("duck events")
    return [
        ("**full build: the whole log of every city**", f"{ours:.2f} s"),
        ("DuckDB: the same from the same events as Parquet", f"{theirs:.2f} s"),
        ("**ratio (at most 4)**", f"**{ours / theirs:.2f}**"),
    ]


def _counting(world: _World, rounds: int) -> list[Row]:
    for _ in range(rounds):
        world.time("count", lambda: world.in_processes(_count, world.cities, world.now))
        world.time("duck requests", lambda: world.duck.from_requests(world.now))
    ours, theirs = world.median("count"), world.median("duck requests")
    return [
        ("counting every month anew from the rows kept", f"{ours:.2f} s"),
        ("DuckDB: the same from one row for each request as Parquet", f"{theirs:.2f} s"),
        ("ratio", f"{ours / theirs:.2f}"),
    ]


def _news(world: _World, rounds: int) -> list[Row]:
    rows = []
    number = 0
    for name, chosen in (("one city", world.cities[:1]), (f"all {len(world.cities)} cities", world.cities)):
        for _ in range(rounds):
            number += 1
            for city in chosen:
                values = {"city": city, "count": NEW_EVENTS // len(chosen), "at": time_told(world.owner)}
                world.owner.execute(NEWS, values | {"round": number})
            told = time_told(world.owner)
            world.time(name, lambda c=chosen, told=told: world.in_processes(_build, c, told))  # type: ignore[misc]
        rows.append(
            (f"**build after {NEW_EVENTS:,} events in {name} (under 2 s)**", f"{world.median(name):.2f} s")
        )
    return rows


def _proof(world: _World) -> list[Row]:
    told = time_told(world.owner)
    world.time("proof", lambda: world.in_processes(_prove, world.cities, told))
    return [("proof: the whole log of every city against what is kept", f"{world.median('proof'):.2f} s")]


def _ready(number: int) -> None:
    """A process has read its modules and the configuration before anything is measured."""
    configuration()
    time.sleep(0.2)


@cache
def _kept(url: str) -> psycopg.Connection[Any]:
    """The connection that a process keeps from city to city, as a worker does."""
    return psycopg.connect(url, options=role_options("nagara_clock", 3_600_000), autocommit=True)


def _build(url: str, city: str, told: dt.datetime) -> None:
    with _kept(url).transaction():
        build_city(_kept(url), configuration(), city, told)


def _count(url: str, city: str, now: dt.datetime) -> int:
    with psycopg.connect(url, options=role_options("nagara_clock", 3_600_000)) as clock:
        groups = issue_store.read_groups(clock, city).names()
        buckets = issue_store.read_buckets(clock, city, issue_store.read_summary(clock, city))
        facts = issue_store.together(buckets.values())
        return sum(month.total for month in tally.packed_months(facts, groups, micros(now)).values())


def _prove(url: str, city: str, told: dt.datetime) -> None:
    with psycopg.connect(url, options=role_options("nagara_clock", 3_600_000)) as clock:
        if prove(clock, configuration().cities[city], told):
            raise RuntimeError(f"what is kept of {city} is not what its log says")
        clock.commit()


def _peak(number: int) -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _hold(world: _World, what: str) -> None:
    """Both must have counted the same: each table's columns in all, and month by month; else it is no comparison."""
    ours: dict[tuple[str, str, int], int] = {}
    with psycopg.connect(world.url, options=role_options("nagara_clock", 600_000)) as clock:
        for city, snapshot in latest_snapshots(clock, world.cities).items():
            for month, row in month_rows(clock, {city: snapshot.id})[city].items():
                for name, count in _totals(row.packed).items():
                    key = (f"{month:%Y-%m}", *name)
                    ours[key] = ours.get(key, 0) + count
    theirs = world.duck.totals()
    if ours != theirs:
        different = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))[:5]
        shown = [(key, ours.get(key), theirs.get(key)) for key in different]
        raise RuntimeError(f"DuckDB and Nagara counted different {what}: {shown}")


def _totals(packed: Packed) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for column, count in zip(packed.curve_column.tolist(), packed.count.tolist(), strict=True):
        name, cause = CURVES[column].split(".")
        found[name, int(cause)] = found.get((name, int(cause)), 0) + count
    return found


def _table(rows: Sequence[Row], requests: int, rounds: int) -> str:
    lines = [
        f"# Indicators: {requests:,} requests, {rounds} rounds, {PROCESSES} processes",
        "",
        "| what | |",
        "|---|---|",
    ]
    lines += [f"| {name} | {value} |" for name, value in rows]
    return "\n".join([*lines, "", (__doc__ or "").split("\n\n", 1)[1].strip(), ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
