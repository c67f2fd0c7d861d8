"""``python3 run.py bench growth``: what things cost with a hundred thousand, a million, five million requests.

The same database grows from size to size as cities do, by a longer history: 370 reports a day and city, four in ten
of them still open. At each: pages of the queue (the first, one towards the end of what is open, one request) over
HTTP; a sweep that finds nothing due, one of a thousand steps, one of three thousand; figures after a thousand events
and after ten thousand; and the most memory that a process of the API and one of the workers ever had, the worker's
after it swept and counted as much. Beside each time stands the work of processors, which others do not lengthen. What
is to stay flat is held to its figure at the smallest size; three times as many steps, or ten times as many events,
may take three and ten times as long, and a fifth more.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench.chart import chart
from bench.figures import keep_page, server_facts
from bench.filling import DAYS, fill
from bench.indicators import NEWS
from bench.installation import READY, RINGS, running, wait_until
from bench.multiplying import multiply
from bench.processor_time import OthersShare, family, peak_mebibytes
from bench.queue import queue_operations
from bench.references import RANGE
from bench.rounds import middle
from bench.servers import API_WORKERS, api_in_earnest, database_in_earnest, database_seconds
from bench.sweeping import SET_GOING
from city_config import City
from nagara import accounts
from nagara.cities import city_of, configuration
from nagara.database import city_session, clock_connection, time_told
from nagara.escalation import climbing
from nagara.indicators.build import build_city
from nagara.lifecycle import AT_WORK
from nagara.local.programs import beat_service, worker_service
from nagara.local.throwaway import Throwaway

RESULTS = Path(__file__).with_name("RESULTS_GROWTH.md")
CITIES = ("kh-pnh", "th-bkk", "id-jkt")
SMALLEST, LAID_OUT = 1_500, 100_000
"""So many requests are decided and laid out one by one; the rest are copies."""

DUE, MORE_DUE = 1_000, 3
"""Steps due in the smaller sweep, and how many times as many in the larger one."""

NEW_EVENTS, MORE_EVENTS = 10_000, 10
"""Events that are new to the larger build, and how many times as many these are as those of the smaller one."""

IDLE = 25
"""Sweeps that find nothing, one after the other: the kernel counts the work of processes in hundredths of a second."""

NOISE = 1.2
"""So many times as long as reckoned something may take."""

A_LAYER = dt.timedelta(days=DAYS)
"""So much earlier lies each further hundred thousand."""

CONNECTIONS = 8
PAGES = ("queue, first page", "queue, deep page", "queue, a request opened")
SWEEP = "sweep, {count:,} due"
FIGURES = "figures after {count:,} events"
API_MEMORY, WORKER_MEMORY = "API process, most memory", "worker process, most memory"
FLAT, FLAT_MEMORY = 2.0, 1.5
"""How many times its first figure something may take and still be flat."""

WORK = "ms of work"
"""Of processors: API or the bench's own, and PostgreSQL; whatever else the machine does is not in it."""

ON_DISK = "database, a request with its events and indexes"
DONE_WITHIN_S = 900.0
SIZE: LiteralString = "select pg_database_size(current_database())"
TO_DO: LiteralString = """
select exists (select from request where next_step_at <= clock_timestamp())
    or exists (select from unnest(%(cities)s::text[]) as city (id)
                where not exists (select from indicator_snapshot s
                                   where s.city_id = city.id and s.built_at > %(began)s))
"""


@dataclass
class _Grown:
    """All figures by name, each with one value a size; and what each is counted in."""

    sizes: list[int] = field(default_factory=list)
    found: dict[str, list[float]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)
    """What is not held to its first value, but to this at every size."""

    def add(self, name: str, value: float, unit: str = "ms", at_most: float | None = None) -> None:
        """One value of the size that is being measured."""
        self.found.setdefault(name, []).append(value)
        self.units[name] = unit
        if at_most is not None:
            self.most[name] = at_most

    def rows(self) -> list[str]:
        """A row for each figure: its values, and how many times the first the last is."""
        heads = ["figure", *(f"{size:,}" for size in self.sizes), "last / first", "bar", ""]
        lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
        for name, values in self.found.items():
            times, bar = values[-1] / values[0], FLAT_MEMORY if "memory" in name else FLAT
            demand, met = f"<= {bar:g}", times <= bar
            if name in self.most:
                demand, met = f"each <= {self.most[name]:g}", max(values) <= self.most[name]
            cells = [name, *(f"{value:,.1f} {self.units[name]}" for value in values), f"{times:.2f}"]
            lines.append(f"| {' | '.join([*cells, demand, 'met' if met else '**NOT MET**'])} |")
        return lines

    def chart(self, unit: str, title: str) -> str:
        """The lines of everything that is counted in a unit."""
        named = {name: values for name, values in self.found.items() if self.units[name] == unit}
        series = {name: list(zip(self.sizes, values, strict=True)) for name, values in named.items()}
        return chart(title, "requests in the table", unit, series, log=True)


def main(arguments: Sequence[str]) -> int:
    """Grow and measure, show the table, keep it with its curves; 0 also where a bar is missed, which it says."""
    given = _read(arguments)
    others = OthersShare()
    with (
        database_in_earnest() as services,
        psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner,
    ):
        growing = _Growing(
            services, owner, tuple(map(city_of, CITIES)), given.seconds, given.rounds, given.sizes[0]
        )
        for size in given.sizes:
            growing.grow(size)
            growing.measure()
            print("\n".join(growing.found.rows()), flush=True)
        shown = ",".join(map(str, given.sizes))
        command = (
            f"python3 run.py bench growth --sizes {shown} --seconds {given.seconds:g} --rounds {given.rounds}"
        )
        facts = server_facts(owner, f"{shown} requests of {len(CITIES)} cities", command, others)
    curves = []
    drawn = (
        ("ms", "Time by size", "times"),
        (WORK, "Work by size", "work"),
        ("MiB", "Memory by size", "memory"),
    )
    for unit, title, name in drawn:
        file = given.results.with_name(f"{given.results.stem}_{name}.svg")
        file.write_text(growing.found.chart(unit, title))
        curves.append(f"![{title}]({file.name})")
    parts = ["\n".join(growing.found.rows()), *curves, str(__doc__).split("\n\n", 1)[1]]
    keep_page(given.results, "How cost grows", facts, parts)
    return 0


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 run.py bench growth", description=__doc__)
    parser.add_argument(
        "--sizes", default="100000,1000000,5000000", help="requests, each larger than the one before"
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="of each page's load (default 4)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    given = parser.parse_args(arguments)
    given.sizes = [int(size) for size in given.sizes.split(",")]
    if (
        given.sizes != sorted(set(given.sizes))
        or given.sizes[0] < SMALLEST
        or given.sizes[-1] > RANGE * len(CITIES)
    ):
        parser.error(f"sizes grow, from {SMALLEST:,} to {RANGE * len(CITIES):,}")
    return given


@dataclass
class _Growing:
    """The database that grows, and what was found at each size."""

    services: Throwaway
    owner: psycopg.Connection[Any]
    cities: tuple[City, ...]
    seconds: float
    rounds: int
    smallest: int
    token: str = ""
    empty: int = 0
    found: _Grown = field(default_factory=_Grown)

    def grow(self, size: int) -> None:
        """Let the table have so many requests, whatever it had."""
        began = time.monotonic()
        row = self.owner.execute("select count(*) from request").fetchone()
        there, even = (row[0] if row else 0), size // len(self.cities) * len(self.cities)
        if not there:
            self.empty = self._on_disk()
            there = min(even, LAID_OUT // len(self.cities) * len(self.cities))
            fill(self.owner, self.cities, there, time_told(self.owner))
            self._recorded_as_it_happened()
            self.token = _token(self.cities[0])
        if even > there:
            multiply(self.owner, self.cities, even, lambda _: None, A_LAYER * (there / LAID_OUT))
            self.owner.execute("vacuum (analyze)")
            self.owner.execute("checkpoint")
        self.found.sizes.append(even)
        print(f"{even:,} requests laid out in {time.monotonic() - began:.0f} s", flush=True)

    def _recorded_as_it_happened(self) -> None:
        """Builds read again what was recorded some minutes ago: that is not to be everything."""
        with self.owner.transaction():
            self.owner.execute("set local session_replication_role = replica")
            self.owner.execute("update event set recorded_at = occurred_at")
        self.owner.execute("vacuum (full, analyze) event")

    def measure(self) -> None:
        """Everything, at the size it has now."""
        self.found.add(ON_DISK, (self._on_disk() - self.empty) / self.found.sizes[-1] / 1024, "KiB")
        self._pages()
        due, events = min(DUE, self.smallest // 100), min(NEW_EVENTS, self.smallest // 4)
        self._time(SWEEP.format(count=0), _sweep, partial(self._set_going, 0), IDLE)
        self._more_and_less(SWEEP, _sweep, self._set_going, due * MORE_DUE, MORE_DUE)
        self._build()
        self._more_and_less(FIGURES, self._build, self._happen, events, MORE_EVENTS)
        self._set_going(due)
        self._happen(events)
        self.found.add(WORKER_MEMORY, self._worker_memory(), "MiB")

    def _more_and_less(
        self, name: str, what: Callable[[], None], before: Callable[[int], None], many: int, times: int
    ) -> None:
        """Something after little has happened and after so many times as much; and how their work compares."""
        few = many // times
        little = self._time(name.format(count=few), what, partial(before, few))
        much = self._time(name.format(count=many), what, partial(before, many))
        both = name.format(count=many) + f" beside {few:,}, processor"
        self.found.add(both, much / little, "times", at_most=times * NOISE)

    def _on_disk(self) -> int:
        row = self.owner.execute(SIZE).fetchone()
        return int(row[0]) if row else 0

    def _pages(self) -> None:
        city, of_a_city = self.cities[0], self.found.sizes[-1] // len(self.cities)
        with api_in_earnest(self.services) as measured:
            for operation in queue_operations(measured, self.owner, city, of_a_city, self.token, CONNECTIONS):
                if operation.name in PAGES:
                    operation.nagara(1.0)
                    usual = middle([operation.nagara(self.seconds) for _ in range(self.rounds)])
                    self.found.add(f"{operation.name}, p50", usual.p50)
                    self.found.add(
                        f"{operation.name}, processor", (usual.api_us + usual.database_us) / 1000, WORK
                    )
            self.found.add(API_MEMORY, max(map(peak_mebibytes, family(measured.api_process))), "MiB")

    def _time(self, name: str, what: Callable[[], None], before: Callable[[], None], often: int = 1) -> float:
        """Keeps the medians of the time and work that one of so many in a row took; returns its seconds of work."""
        times, work = [], []
        for _ in range(self.rounds):
            before()
            database, own, began = database_seconds(self.services), time.process_time(), time.perf_counter()
            for _ in range(often):
                what()
            times.append((time.perf_counter() - began) / often)
            own = time.process_time() - own
            work.append((own + database_seconds(self.services) - database) / often)
        self.found.add(name, statistics.median(times) * 1000)
        self.found.add(f"{name}, processor", statistics.median(work) * 1000, WORK)
        return statistics.median(work)

    def _set_going(self, due: int) -> None:
        values = {"now": time_told(self.owner), "statuses": [status.value for status in AT_WORK], "due": due}
        moved = self.owner.execute(SET_GOING, values).rowcount
        if moved != due:
            raise RuntimeError(f"only {moved} of {due} overdue requests are left: fewer rounds")
        self.owner.execute("vacuum (analyze) request")

    def _happen(self, events: int) -> None:
        """So many new events of open and recent requests, as the bench of the figures lays them."""
        with self.owner.transaction():
            self.owner.execute("set local session_replication_role = replica")
            for city in self.cities:
                values = {"city": city.id, "count": events // len(self.cities), "at": time_told(self.owner)}
                self.owner.execute(NEWS, values | {"round": secrets.randbelow(30_000)})

    def _build(self) -> None:
        for city in self.cities:
            with clock_connection() as connection, connection.transaction():
                build_city(connection, configuration(), city.id, time_told(connection))

    def _worker_memory(self) -> float:
        """The most a process of a real worker ever had, once it swept what is due and counted what is new."""
        began, folder = time_told(self.owner), self.services.folder
        with (
            running(worker_service(API_WORKERS, os.environ), folder, READY) as worker,
            running(beat_service(folder, os.environ), folder, RINGS),
        ):
            wait_until(lambda: not self._to_do(began), worker, folder / "worker.log", DONE_WITHIN_S)
            return max(map(peak_mebibytes, family(worker.pid)))

    def _to_do(self, began: dt.datetime) -> bool:
        """Whether steps are due, or a city was not counted since; a large one lets its patience pass first."""
        values = {"began": began, "cities": [city.id for city in self.cities]}
        row = self.owner.execute(TO_DO, values).fetchone()
        return row is None or bool(row[0])


def _sweep() -> None:
    with clock_connection() as connection:
        climbing.sweep(connection)


def _token(city: City) -> str:
    """A signed-in supervisor's."""
    password = secrets.token_urlsafe(16)
    with city_session(city.id) as session:
        accounts.add_account(session, city.id, "supervisor", password, "supervisor")
        return accounts.sign_in(session, city.id, "supervisor", password).token
