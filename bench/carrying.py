"""``python3 run.py bench carry``: histories read in, and a whole city written out, each beside plain COPY.

Read in is a CSV in Nagara's own columns: every row checked, placed, routed, promised, its moves led through the
lifecycle, its events chained. The floor copies the very rows that came of it into the same tables, as they are and
with their indexes alone. Written out is the archive of the city; the floor copies the same tables out and keeps
nothing.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, LiteralString

import psycopg

from bench.figures import Line, keep_page, server_facts, table
from bench.processor_time import OthersShare, forget_peak, peak_mebibytes
from bench.servers import database_in_earnest
from city_config import City
from nagara.archive.contents import columns_of, moved
from nagara.archive.writing import write_archive
from nagara.cities import city_of
from nagara.database import clock_connection, time_told
from nagara.importing import import_file
from nagara.importing.writing import EVENT_COLUMNS, REQUEST_COLUMNS
from nagara.photos.storage import media_store
from nagara.settings import settings

RESULTS = Path(__file__).with_name("RESULTS_CARRY.md")
MEANING = """Read in is a CSV: every row is checked, placed, routed, promised, led through the lifecycle, its events
chained; COPY takes the very rows that came of it, into the tables as they are: with indexes, foreign keys and triggers,
of which the log's own looks at each event. What COPY does with indexes alone stands beside it, without a bar. Written
out is the archive of a city, with its checksums; COPY keeps nothing of what it reads. Memory is the most that the whole
process had while it read in, or wrote out."""

CITY = "kh-pnh"
AIM = 0.5
AT_HAND = 20_000
"""About so many requests an import has in hand at once; what it holds for these is not to grow with more of them."""

MOST_MORE_MIB = 32.0
SPREAD_DEGREES = 0.03
COLUMNS = (
    "source_id", "service_code", "created", "lat", "lon", "description", "acknowledged", "resolved", "observed_until",
)  # fmt: skip
CHAINED = (*EVENT_COLUMNS, "seq", "recorded_at", "previous_hash", "hash")
TABLES = {"request": REQUEST_COLUMNS, "event": CHAINED}


def main(arguments: Sequence[str]) -> int:
    """Measure both ways and keep a page; 0 also where an aim is missed, which the page says."""
    wanted = argparse.ArgumentParser(prog="bench carry", description=__doc__)
    wanted.add_argument("--requests", type=int, default=50_000, help="requests carried in a round")
    wanted.add_argument("--rounds", type=int, default=3)
    wanted.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where the page goes")
    given = wanted.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        database_in_earnest() as services,
        psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner,
    ):
        others = OthersShare()
        few = min(AT_HAND, given.requests // 2)
        first = _round(owner, Path(folder), few)
        rounds = []
        for number in range(1, given.rounds + 1):
            rounds.append(_round(owner, Path(folder), given.requests))
            print(f"round {number}: in {rounds[-1][0]}, out {rounds[-1][1]}", flush=True)
        lines = [
            line
            for what, of_few, sides in zip(
                ("read in", "written out"), first, zip(*rounds, strict=True), strict=True
            )
            for line in _lines(what, given.requests, sides, few, of_few)
        ]
        command = f"python3 run.py bench carry --requests {given.requests} --rounds {given.rounds}"
        sizes = f"{given.requests:,} requests with their events, {given.rounds} rounds"
        facts = server_facts(owner, sizes, command, others)
    keep_page(given.results, "Read in and written out as a whole", facts, [table(lines), MEANING])
    return 0


@dataclass(frozen=True, slots=True)
class Carried:
    """Seconds of both sides, and the most memory in MiB that the process had meanwhile.

    ``bare``: seconds of COPY without triggers and foreign keys, where there are any.
    """

    own: float
    copy: float
    held: float
    bare: float | None = None

    def __str__(self) -> str:
        return f"{self.own:.2f} s beside {self.copy:.2f} s, {self.held:.0f} MiB"


def _round(owner: psycopg.Connection[Any], folder: Path, requests: int) -> tuple[Carried, Carried]:
    """So many read in and written out."""
    city = city_of(CITY)
    path = folder / "requests.csv"
    write_table(path, city, requests, time_told(owner))
    forget_peak()
    read = read_in(city, path)
    held_in = peak_mebibytes(os.getpid())
    forget_peak()
    written = write_out(owner, city, folder)
    held_out = peak_mebibytes(os.getpid())
    out = Carried(written, copied_out(owner, city), held_out)
    keep_rows(owner, folder)
    copied, bare = copied_in(owner, folder), copied_in(owner, folder, role="replica")
    return Carried(read, copied, held_in, bare), out


def _lines(what: str, requests: int, rounds: Sequence[Carried], few: int, of_few: Carried) -> list[Line]:
    """Requests a second of both sides, the median of the rounds' shares, and how memory grows."""
    shares = [one.copy / one.own for one in rounds]
    share, most = median(shares), max(one.held for one in rounds)
    return [
        Line(f"{what}, requests a second", f"{median(requests / one.own for one in rounds):,.0f}"),
        Line("COPY of the same rows", f"{median(requests / one.copy for one in rounds):,.0f}"),
        *_bare(requests, rounds),
        Line(
            "share of COPY", f"{share:.2f} ({min(shares):.2f} to {max(shares):.2f})", f"{AIM}", share >= AIM
        ),
        Line(
            f"most memory, first {few:,}, then {requests:,} each round",
            f"{of_few.held:.0f} and {most:.0f} MiB",
            f"{MOST_MORE_MIB:g} MiB more",
            most - of_few.held <= MOST_MORE_MIB,
        ),
    ]


def _bare(requests: int, rounds: Sequence[Carried]) -> list[Line]:
    """The same beside COPY that has only the indexes to keep."""
    bare = [(one.bare, one.bare / one.own) for one in rounds if one.bare is not None]
    if not bare:
        return []
    rate, share = median(requests / seconds for seconds, _ in bare), median(share for _, share in bare)
    shown = f"{rate:,.0f}, {share:.2f} of it reached"
    return [Line("COPY of them without triggers and foreign keys", shown)]


def write_table(path: Path, city: City, requests: int, now: dt.datetime) -> None:
    """Histories of two years, two of three of them resolved, around the city's centre."""
    chance = random.Random(20261122)
    services = [service.code for service in city.services]
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        for number in range(requests):
            created = now - dt.timedelta(minutes=chance.uniform(60 * 24 * 30, 60 * 24 * 730))
            ends = chance.random() < 2 / 3
            rows.writerow(
                (
                    f"c{number}",
                    chance.choice(services),
                    created.isoformat(),
                    round(city.map.centre.lat + chance.gauss(0, SPREAD_DEGREES / 3), 6),
                    round(city.map.centre.lon + chance.gauss(0, SPREAD_DEGREES / 3), 6),
                    f"Rubbish is piled up at house {chance.randint(1, 400)}, since some days now.",
                    (created + dt.timedelta(hours=chance.uniform(1, 48))).isoformat() if ends else "",
                    (created + dt.timedelta(hours=chance.uniform(49, 500))).isoformat() if ends else "",
                    "" if ends else (created + dt.timedelta(days=20)).isoformat(),
                )
            )


def read_in(city: City, path: Path) -> float:
    """Seconds of one import."""
    with clock_connection() as connection:
        began = time.perf_counter()
        summary = import_file(connection, city, None, path)
        took = time.perf_counter() - began
    if summary.imported < 0.9 * summary.rows:
        raise RuntimeError("\n".join(summary.lines()))
    return took


def keep_rows(owner: psycopg.Connection[Any], folder: Path) -> None:
    """Write down the rows of all tables as COPY takes them."""
    for name, columns in TABLES.items():
        with (
            (folder / name).open("wb") as stream,
            owner.cursor().copy(
                f"copy (select {', '.join(columns)} from {name} order by city_id, id) to stdout"
                if name == "request"
                else f"copy (select {', '.join(columns)} from {name} order by city_id, request_id, seq) to stdout"
            ) as rows,
        ):
            for block in rows:
                stream.write(block)


def copied_in(owner: psycopg.Connection[Any], folder: Path, role: LiteralString = "origin") -> float:
    """Seconds in which the rows that were written down are copied into the emptied tables; they are empty after it.

    A ``replica`` runs no triggers and checks no foreign keys.
    """
    empty(owner)
    began = time.perf_counter()
    with owner.transaction():
        owner.execute(f"set local session_replication_role = {role}")
        owner.execute(
            "select set_config('nagara.arriving', 'whole', true)"
        )  # their numbers and hashes are there
        for name, columns in TABLES.items():
            with (
                (folder / name).open("rb") as stream,
                owner.cursor().copy(f"copy {name} ({', '.join(columns)}) from stdin") as into,
            ):
                while block := stream.read(1 << 20):
                    into.write(block)
    took = time.perf_counter() - began
    empty(owner)
    return took


def empty(owner: psycopg.Connection[Any]) -> None:
    """No request is left. The event log refuses that of everybody but a replica.

    Vacuumed here, so that autovacuum does not do it while the next rows come: analyzed before they are committed the
    table seems empty, and foreign keys are then looked up by any index, which takes a hundred times as long.
    """
    owner.execute("set session_replication_role = replica")
    owner.execute("truncate request, event cascade")
    owner.execute("set session_replication_role = default")
    owner.execute("vacuum (analyze) request, event")
    owner.execute("checkpoint")


def write_out(owner: psycopg.Connection[Any], city: City, folder: Path) -> float:
    """Seconds of an archive."""
    began = time.perf_counter()
    write_archive(owner, city.id, media_store(settings()), settings().secret, folder / "city.nagara")
    return time.perf_counter() - began


def copied_out(owner: psycopg.Connection[Any], city: City) -> float:
    """Seconds of copying the same tables out."""
    began = time.perf_counter()
    for one in moved():
        with owner.cursor().copy(
            f"copy (select {', '.join(columns_of(one))} from {one.name} where city_id = '{city.id}') to stdout"
        ) as rows:
            for _block in rows:
                pass
    return time.perf_counter() - began
