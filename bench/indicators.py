"""``python3 run.py bench indicators``: builds of the figures, beside DuckDB grouping the same rows.

Lays the events of made-up requests of two years, answered after hours and closed after days, one in ten still open, in
the order in which they happen. Then, in turns, medians of the rounds: the first build (the whole log of every city, to
figures that stand in the database, two processes) beside DuckDB (two threads) making the same life tables, counts and
promises from the same events as Parquet, their JSON taken apart before the clock starts; and counting every month anew
from the rows that are kept, beside DuckDB grouping one row for each request. Both must count the same, else it fails.
After that: builds after 10,000 new events, the proof, and what dashboards ask, with nothing kept in the process.

A ratio is the median of the rounds' ratios, with the lowest and the highest; who begins changes from round to round. It
is held to its bar at 5,000,000 requests: of fewer, what each city costs however small it is weighs more. Builds look
again at what was recorded in the ten minutes before the last one: before each round everything is made to have been
recorded earlier, so that all rounds begin alike. What looking at those ten minutes again costs has a line of its own.
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
from functools import cache, partial
from importlib.metadata import version
from itertools import product
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench.duckdb_beside import Duck, write_events
from bench.figures import Line, keep_page, server_facts, spread, table
from bench.laying_events import CODES, forget_figures, happen, lay_history, recorded_earlier
from bench.load import percentile
from bench.processor_time import OthersShare, processor_seconds
from bench.questions import questions
from bench.servers import database_in_earnest, database_seconds
from nagara.cities import configuration
from nagara.database import role_options, time_told
from nagara.indicators import issue_store, sheets, tally
from nagara.indicators.build import build_city
from nagara.indicators.distributions import chi_squared_quantile
from nagara.indicators.facts import micros, month_of
from nagara.indicators.keeping import prove
from nagara.indicators.packed import CURVES, Packed
from nagara.indicators.period import Period
from nagara.indicators.snapshots import latest_snapshots, month_rows
from nagara.local.throwaway import Throwaway
from nagara.network import view

RESULTS = Path(__file__).with_name("RESULTS_INDICATORS.md")
PROCESSES = 2
NEW_EVENTS = 10_000
MOST_OF_DUCK, HELD_FROM = 4.0, 5_000_000
"""How many times as long as DuckDB's grouping a build of everything may take, and of how many requests."""

BUILT_WITHIN_S = 2.0
"""After new events."""

ANSWERED_WITHIN_MS = 50.0
"""99 of 100 questions about one code of one city in one month."""

MONTHS_AGO = (0, 6, 12)
"""Of which such questions are asked."""


def main(arguments: Sequence[str]) -> int:
    """Measure, show the table and keep it; 0 also where a bar is missed, which the table says."""
    parser = argparse.ArgumentParser(prog="python3 run.py bench indicators", description=__doc__)
    parser.add_argument("--requests", type=int, default=HELD_FROM, help="over all cities (default 5,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="of both sides, in turn (default 3)")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    given = parser.parse_args(arguments)
    others = OthersShare()
    with (
        database_in_earnest() as services,
        psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner,
        tempfile.TemporaryDirectory() as folder,
    ):
        lines = _measured(services, owner, given.requests, given.rounds, Path(folder))
        sizes = (
            f"{given.requests:,} requests of {len(configuration().cities)} cities, {given.rounds} rounds; "
            f"{PROCESSES} building processes beside {PROCESSES} threads of DuckDB {version('duckdb')}"
        )
        command = f"python3 run.py bench indicators --requests {given.requests} --rounds {given.rounds}"
        facts = server_facts(owner, sizes, command, others)
    parts = [table(lines), str(__doc__).split("\n\n", 1)[1].strip()]
    keep_page(given.results, "Figures beside DuckDB", facts, parts)
    return 0


@dataclass
class _World:
    """What is measured: a database with events, and DuckDB beside it."""

    services: Throwaway
    owner: psycopg.Connection[Any]
    cities: list[str]
    pool: ProcessPoolExecutor
    duck: Duck
    now: dt.datetime
    took: dict[str, list[float]] = field(default_factory=dict)
    worked: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Seconds of work of PostgreSQL and of the building processes."""

    @property
    def url(self) -> str:
        """The database, as the owner of its tables."""
        return self.services.database_url

    def time(self, name: str, what: Callable[[], object]) -> None:
        """Measure one round of something."""
        database, own = self._work()
        began = time.perf_counter()
        what()
        took = time.perf_counter() - began
        until_database, until_own = self._work()
        self.took.setdefault(name, []).append(took)
        self.worked.setdefault(name, []).append((until_database - database, until_own - own))
        print(f"{name}: {took:.2f} s", file=sys.stderr, flush=True)

    def _work(self) -> tuple[float, float]:
        pids = [process.pid for process in active_children() if process.pid]
        return database_seconds(self.services), sum(map(processor_seconds, pids))

    def in_turns(self, number: int, sides: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """Measure one round of two sides; who begins changes from round to round."""
        for name, what in sides if number % 2 == 0 else reversed(sides):
            self.time(name, what)

    def median(self, name: str) -> float:
        """Of the rounds' seconds."""
        return statistics.median(self.took[name])

    def spread(self, name: str) -> str:
        """The median of the rounds' seconds, the least and the most."""
        return _spread(self.took[name], " s")

    def ratios(self, ours: str, theirs: str) -> list[float]:
        """How many times as long the one took as the other, round by round."""
        return [own / other for own, other in zip(self.took[ours], self.took[theirs], strict=True)]

    def in_processes(self, what: Callable[..., object], cities: Sequence[str], *given: object) -> list[Any]:
        """Something of each city, on as many processes as there are workers."""
        return list(
            self.pool.map(what, [self.url] * len(cities), cities, *([one] * len(cities) for one in given))
        )


def _measured(
    services: Throwaway, owner: psycopg.Connection[Any], requests: int, rounds: int, folder: Path
) -> list[Line]:
    cities = list(configuration().cities)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        now = time_told(owner)
        owner.execute("set session_replication_role = replica")
        world = _World(services, owner, cities, pool, Duck(folder, PROCESSES), now)
        events, laid = _laid(world, requests, folder)
        list(pool.map(_ready, range(PROCESSES)))
        lines = [
            Line("events laid", f"{events:,}"),
            Line("laying them and taking them over as Parquet", f"{laid:.0f} s"),
        ]
        lines += [*_full(world, rounds, held=requests >= HELD_FROM), *_counting(world, rounds)]
        lines += [*_news(world, rounds), *_proof(world)]
        lines += questions(world.url, cities, CODES[0])
        lines.append(_by_code_and_month(world))
        peak = max(pool.map(_peak, range(PROCESSES)))
    return [*lines, Line("most memory of a building process", f"{peak:,.0f} MiB")]


def _laid(world: _World, requests: int, folder: Path) -> tuple[int, float]:
    """Lay the events and take them over into DuckDB; returns how many there are, and the seconds it took.

    Room for the write-ahead log of all of them, so that no checkpoint writes a page twice; afterwards it is as it was.
    """
    began = time.perf_counter()
    world.owner.execute("alter system set max_wal_size = '24GB'")
    world.owner.execute("select pg_reload_conf()")
    world.in_processes(lay_history, world.cities, world.now, requests // len(world.cities))
    world.owner.execute("vacuum analyze event")
    world.owner.execute("alter system reset max_wal_size")
    world.owner.execute("select pg_reload_conf()")
    world.owner.execute("checkpoint")
    world.in_processes(write_events, world.cities, folder)
    return world.duck.take(), time.perf_counter() - began


def _full(world: _World, rounds: int, *, held: bool) -> list[Line]:
    """Builds of everything beside DuckDB; ``held``: the ratio is held to its bar."""
    for number in range(rounds):
        forget_figures(world.owner)
        told = time_told(world.owner)
        sides = (
            ("full", lambda told=told: world.in_processes(_build, world.cities, told)),
            ("duck events", lambda told=told: world.duck.from_events(told)),
        )
        world.in_turns(number, sides)
    world.owner.execute("vacuum analyze indicator_part, indicator_figure")
    _hold(world, "events")
    ratios = world.ratios("full", "duck events")
    met = statistics.median(ratios) <= MOST_OF_DUCK if held else None
    bar = f"{MOST_OF_DUCK:g}" if held else f"{MOST_OF_DUCK:g} at {HELD_FROM:,} requests"
    database, own = map(statistics.median, zip(*world.worked["full"], strict=True))
    return [
        Line("full build: the whole log of every city", world.spread("full")),
        Line("its processor time: PostgreSQL, building processes", f"{database:.2f} s, {own:.2f} s"),
        Line("DuckDB: the same from the same events as Parquet", world.spread("duck events")),
        Line("full build beside DuckDB, times as long", _spread(ratios), bar, met),
    ]


def _counting(world: _World, rounds: int) -> list[Line]:
    sides = (
        ("count", lambda: world.in_processes(_count, world.cities, world.now)),
        ("duck requests", lambda: world.duck.from_requests(world.now)),
    )
    for number in range(rounds):
        world.in_turns(number, sides)
    return [
        Line("counting every month anew from the rows kept", world.spread("count")),
        Line("DuckDB: the same from one row for each request as Parquet", world.spread("duck requests")),
        Line("counting beside DuckDB, times as long", _spread(world.ratios("count", "duck requests"))),
    ]


def _news(world: _World, rounds: int) -> list[Line]:
    """Builds after new events, and built once more when nothing is new."""
    lines = []
    for name, chosen in (("one city", world.cities[:1]), (f"all {len(world.cities)} cities", world.cities)):
        again = f"{name} again"
        for _ in range(rounds):
            recorded_earlier(world.owner)
            for city in chosen:
                happen(world.owner, city, NEW_EVENTS // len(chosen))
            for what in (name, again):
                told = time_told(world.owner)
                world.time(what, partial(world.in_processes, _build, chosen, told))
        lines += [
            Line(
                f"build after {NEW_EVENTS:,} events in {name}",
                world.spread(name),
                f"< {BUILT_WITHIN_S:g} s",
                world.median(name) < BUILT_WITHIN_S,
            ),
            Line(
                f"built again at once in {name}, nothing new: these events looked at once more",
                world.spread(again),
            ),
        ]
    return lines


def _proof(world: _World) -> list[Line]:
    told = time_told(world.owner)
    world.time("proof", lambda: world.in_processes(_prove, world.cities, told))
    return [Line("proof: the whole log of every city against what is kept", f"{world.median('proof'):.2f} s")]


def _by_code_and_month(world: _World) -> Line:
    """Figures of one code of one city in one month, each as of a process that was asked nothing yet."""
    this = world.now.year * 12 + world.now.month - 1
    months = [month_of(this - ago) for ago in MONTHS_AGO]
    took = []
    with psycopg.connect(world.url, autocommit=True, options=role_options("nagara_app")) as app:
        for city, code, month in product(world.cities, CODES, months):
            sheets.forget()
            chi_squared_quantile.cache_clear()
            began = time.perf_counter()
            period = Period(month, month)
            orjson.dumps(view.indicators(app, configuration(), period, [city], code, to_send=True))
            took.append((time.perf_counter() - began) * 1000)
    p99 = percentile(sorted(took), 0.99)
    return Line(
        "figures of one city, one code, one month, nothing in memory, p50 / p95 / p99 / most",
        spread(took, "ms"),
        f"p99 <= {ANSWERED_WITHIN_MS:g} ms",
        p99 <= ANSWERED_WITHIN_MS,
    )


def _spread(values: Sequence[float], unit: str = "") -> str:
    return f"{statistics.median(values):.2f}{unit} ({min(values):.2f} to {max(values):.2f})"


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
