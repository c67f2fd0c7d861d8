"""``python3 run.py bench --requests N``: fill a database, start the API, measure both sides in turn, keep the table."""

from __future__ import annotations

import argparse
import datetime as dt
import random
import secrets
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench import report, short_form
from bench.dashboard import dashboard_operations
from bench.filling import OVERDUE_SHARE, decided_filings, fill
from bench.map import map_operations
from bench.multiplying import multiply
from bench.open311 import open311_operations
from bench.over_http import file_operation, status_operation
from bench.processor_time import OthersShare
from bench.queue import queue_operations
from bench.references import RANGE
from bench.rounds import Operation, Result, measure
from bench.servers import API_WORKERS, Measured, api_in_earnest, database_in_earnest
from bench.sweeping import Sweeping
from city_config import City
from nagara import accounts
from nagara.cities import city_of
from nagara.database import city_session, time_told
from nagara.settings import settings

RESULTS = Path(__file__).with_name("RESULTS.md")
WORDS = {
    "page": "bench.resident_page",
    "climb": "bench.climbing",
    "carry": "bench.carrying",
    "indicators": "bench.indicators",
    "latency": "bench.latency",
    "flood": "bench.flood",
    "hosts": "bench.hosts",
    "growth": "bench.growth",
    "scaling": "bench.scaling",
}
"""Benches of their own, each a module with a ``main``, read only when asked for: some need a browser."""

CITIES = ("kh-pnh", "th-bkk")
MANY_CITIES = (*CITIES, "id-jkt")
"""For more requests than two cities have references of the benchmark's kind."""

LAID_OUT = 100_000
"""So many requests are decided and laid out one by one; the rest are copies."""

CONNECTIONS = 8
MANY_CONNECTIONS = 32
DISTINCT_FILINGS = 4  # each is a statement that every connection of pgbench prepares for itself
SERVER_SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is measured for how long, and where the table goes."""

    requests: int
    city_count: int | None
    rounds: int
    seconds: float
    only: str
    results: Path
    data: Path | None
    beside: Path | None
    command: str

    @property
    def cities(self) -> tuple[str, ...]:
        """The cities whose requests are laid out."""
        if self.city_count:
            return MANY_CITIES[: self.city_count]
        return CITIES if self.requests <= len(CITIES) * RANGE else MANY_CITIES

    @property
    def of_a_city(self) -> int:
        """How many requests each city has, whose references are drawn from."""
        return self.requests // len(self.cities)


def main(arguments: Sequence[str]) -> int:
    """Measure the operations; 0 also where a bar is not met, which the table says.

    A word measures something else; nothing at all is every bench in its short form.
    """
    if not arguments:
        return short_form.main()
    if arguments[0] in WORDS:
        return int(import_module(WORDS[arguments[0]]).main(arguments[1:]))
    wanted = _read(arguments)
    began = time.monotonic()
    with database_in_earnest() as services, _owner(services.database_url) as owner:
        with _step(f"filling {wanted.requests:,} requests"):
            now = time_told(owner)
            _fill(owner, wanted, now)
        print(f"starting the API with {API_WORKERS} workers ...", flush=True)
        others = OthersShare()
        with api_in_earnest(services) as measured:
            results = _measured(measured, owner, wanted, now)
            facts = [
                *_facts(owner, wanted, others.so_far()),
                *_flatness(results, wanted),
                *report.bars(results),
            ]
    report.show(results, facts)
    wanted.results.write_text(report.markdown(results, facts))
    if wanted.data is not None:
        wanted.data.write_bytes(orjson.dumps(report.as_data(results), option=orjson.OPT_INDENT_2))
    print(f"{time.monotonic() - began:.0f} s; the table is in {wanted.results}")
    return 0


def _fill(owner: psycopg.Connection[Any], wanted: Wanted, now: dt.datetime) -> None:
    cities = tuple(city_of(name) for name in wanted.cities)
    few = min(wanted.requests, LAID_OUT // len(cities) * len(cities))
    fill(owner, cities, few, now)
    if wanted.requests > few:
        multiply(owner, cities, wanted.requests, lambda what: print(f"  {what}", flush=True))
        owner.execute("vacuum (analyze)")
        owner.execute("checkpoint")


def _owner(database_url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(database_url, autocommit=True, options="-c timezone=UTC")


def _measured(
    measured: Measured, owner: psycopg.Connection[Any], wanted: Wanted, now: dt.datetime
) -> list[Result]:
    results = []
    for operation in _operations(measured, owner, wanted, now):
        if wanted.only not in operation.name:
            continue
        with _step(f"{operation.name}, {operation.connections} connection(s)"):
            results.append(measure(operation, wanted.rounds, wanted.seconds))
    return results


def _operations(
    measured: Measured, owner: psycopg.Connection[Any], wanted: Wanted, now: dt.datetime
) -> Iterator[Operation]:
    """What is measured; filing comes last, because it makes the table larger."""
    city = city_of(CITIES[0])
    for connections in (CONNECTIONS, MANY_CONNECTIONS):
        yield status_operation(measured, city, wanted.of_a_city, connections)
    yield from queue_operations(measured, owner, city, wanted.of_a_city, _token(city), CONNECTIONS)
    yield from map_operations(measured, owner, city, CONNECTIONS)
    yield from dashboard_operations(measured, owner, city, CONNECTIONS)
    yield from open311_operations(measured, owner, city)
    sweeps = 2 * wanted.rounds + 1  # both sides, and one that does not count
    overdue = int(wanted.requests * OVERDUE_SHARE * 0.85)  # about so many; each can be swept once
    yield Sweeping(measured, owner, overdue // sweeps, now).operation()
    filings = decided_filings(city, now, random.Random(2), DISTINCT_FILINGS, with_contact=1)
    for in_one_go in (False, True):
        for connections in (CONNECTIONS, MANY_CONNECTIONS):
            yield file_operation(measured, city, filings, settings().secret, connections, in_one_go=in_one_go)


def _token(city: City) -> str:
    """A signed-in supervisor's."""
    password = secrets.token_urlsafe(16)
    with city_session(city.id) as session:
        accounts.add_account(session, city.id, "supervisor", password, "supervisor")
        return accounts.sign_in(session, city.id, "supervisor", password).token


def _facts(owner: psycopg.Connection[Any], wanted: Wanted, others: float) -> list[str]:
    rows = [owner.execute("select current_setting(%s)", (name,)).fetchone() for name in SERVER_SETTINGS]
    shown = ", ".join(f"{name} {row[0]}" for name, row in zip(SERVER_SETTINGS, rows, strict=True) if row)
    sizes = (
        f"{wanted.requests:,} requests of {len(wanted.cities)} cities before filing, {API_WORKERS} API processes, "
        f"{wanted.rounds} rounds of {wanted.seconds:g} s a side"
    )
    today = time_told(owner).date()
    return report.machine_facts(shown, sizes, wanted.command, today, others)


def _flatness(results: Sequence[Result], wanted: Wanted) -> list[str]:
    """How the answers' times grow: with the depth of a page, and from the size of another run to this one's."""
    found = [str(verdict).capitalize() for verdict in report.depth(results)]
    if wanted.beside is not None:
        found += report.growth(results, orjson.loads(wanted.beside.read_bytes()))
    return found


def _read(arguments: Sequence[str]) -> Wanted:
    parser = argparse.ArgumentParser(
        prog="python3 run.py bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=None, help="rows in the table (default 100,000)")
    parser.add_argument(
        "--cities", type=int, choices=(1, 2, 3), default=None, help="that they are of (default 2)"
    )
    parser.add_argument("--short", action="store_true", help="10,000 requests, under a minute")
    parser.add_argument("--rounds", type=int, default=None, help="rounds of each side (default 3; short: 2)")
    parser.add_argument("--seconds", type=float, default=None, help="length of a round (default 5; short: 1)")
    parser.add_argument("--only", default="", metavar="TEXT", help="operations whose name contains this")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where the table goes")
    parser.add_argument("--data", type=Path, default=None, metavar="FILE", help="also every round, as JSON")
    parser.add_argument(
        "--beside",
        type=Path,
        default=None,
        metavar="FILE",
        help="the --data of a run of another size, to compare",
    )
    given = parser.parse_args(arguments)
    requests = given.requests or (10_000 if given.short else 100_000)
    rounds = given.rounds or (2 if given.short else 3)
    seconds = given.seconds or (1.0 if given.short else 5.0)
    if not (requests >= 500 and 1 <= rounds <= 20 and seconds > 0):
        parser.error("at least 500 requests, 1 to 20 rounds, and some seconds")
    shown = {
        "--requests": given.requests,
        "--cities": given.cities,
        "--rounds": given.rounds,
        "--seconds": given.seconds,
    }
    options = [*(["--short"] if given.short else []), *(f"{k} {v:g}" for k, v in shown.items() if v)]
    options += [f"--only {shlex.quote(given.only)}"] if given.only else []
    command = " ".join(["python3 run.py bench", *options])
    return Wanted(
        requests,
        given.cities,
        rounds,
        seconds,
        given.only,
        given.results,
        given.data,
        given.beside,
        command,
    )


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Say what is being done and how long it took."""
    print(f"{what} ...", flush=True)
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
