"""``python3 run.py bench carry``: histories read in, and a whole city written out, each beside plain COPY.

Read in is a CSV in Nagara's own columns: every row checked, placed, routed, promised, its moves led through the
lifecycle, its events chained. The floor copies the very rows that came of it into the same tables with their
indexes. Written out is the archive of the city; the floor copies the same tables out and keeps nothing.
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
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.figures import Line, keep_page, server_facts, table
from bench.processor_time import OthersShare, peak_mebibytes
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
chained; COPY takes the very rows that came of it. The indexes are in place on both sides. Written out is the archive of
a city, with its checksums; COPY keeps nothing of what it reads. Memory is the most that this process ever held, which
does both: after a tenth of the requests, and after all rounds."""

CITY = "kh-pnh"
AIM = 0.5
TENTH, FLAT = 10, 1.3
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
        few = given.requests // TENTH
        _round(owner, Path(folder), few)
        held_by_few = peak_mebibytes(os.getpid())
        ins, outs = [], []
        for number in range(1, given.rounds + 1):
            into, out = _round(owner, Path(folder), given.requests)
            ins.append(into)
            outs.append(out)
            print(f"round {number}: in {_beside(into)}, out {_beside(out)}", flush=True)
        held = peak_mebibytes(os.getpid())
        lines = [
            *_lines("read in", given.requests, ins),
            *_lines("written out", given.requests, outs),
            Line(
                f"most memory, {few:,} and {given.requests:,} requests",
                f"{held_by_few:.0f} and {held:.0f} MiB",
                f"{FLAT:g} times",
                held <= FLAT * held_by_few,
            ),
        ]
        command = f"python3 run.py bench carry --requests {given.requests} --rounds {given.rounds}"
        sizes = f"{given.requests:,} requests with their events, {given.rounds} rounds"
        facts = server_facts(owner, sizes, command, others)
    keep_page(given.results, "Read in and written out as a whole", facts, [table(lines), MEANING])
    return 0


def _round(
    owner: psycopg.Connection[Any], folder: Path, requests: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds of reading so many in, and of copying them in; likewise of writing them out."""
    city = city_of(CITY)
    path = folder / "requests.csv"
    write_table(path, city, requests, time_told(owner))
    took = read_in(city, path)
    out = written_out(owner, city, folder)
    return (took, copied_in(owner, folder)), out


def _beside(sides: tuple[float, float]) -> str:
    return f"{sides[0]:.2f} s beside {sides[1]:.2f} s"


def _lines(what: str, requests: int, rounds: Sequence[tuple[float, float]]) -> list[Line]:
    """Requests a second of both sides, and the median of the rounds' shares."""
    own, floor = (median(requests / side for side in sides) for sides in zip(*rounds, strict=True))
    shares = [copy / ours for ours, copy in rounds]
    share = median(shares)
    return [
        Line(f"{what}, requests a second", f"{own:,.0f}"),
        Line("COPY of the same rows", f"{floor:,.0f}"),
        Line(
            "share of COPY", f"{share:.2f} ({min(shares):.2f} to {max(shares):.2f})", f"{AIM}", share >= AIM
        ),
    ]


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


def copied_in(owner: psycopg.Connection[Any], folder: Path) -> float:
    """Seconds in which the same rows are copied into the same tables, emptied before; they are empty after it."""
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
    empty(owner)
    owner.execute("checkpoint")
    began = time.perf_counter()
    with owner.transaction():
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
    """No request is left. The event log refuses that of everybody but a replica."""
    owner.execute("set session_replication_role = replica")
    owner.execute("truncate request, event cascade")
    owner.execute("set session_replication_role = default")
    owner.execute("checkpoint")


def written_out(owner: psycopg.Connection[Any], city: City, folder: Path) -> tuple[float, float]:
    """Seconds of an archive, and of copying the same tables out."""
    began = time.perf_counter()
    write_archive(owner, city.id, media_store(settings()), settings().secret, folder / "city.nagara")
    own = time.perf_counter() - began
    began = time.perf_counter()
    for one in moved():
        with owner.cursor().copy(
            f"copy (select {', '.join(columns_of(one))} from {one.name} where city_id = '{city.id}') to stdout"
        ) as rows:
            for _block in rows:
                pass
    return own, time.perf_counter() - began
