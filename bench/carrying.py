"""``python3 run.py bench carry``: histories read in, and a whole city written out, each beside plain COPY.

Read in is a CSV in Nagara's own columns: every row checked, placed, routed, promised, its moves led through the
lifecycle, its events chained. The floor copies the very rows that came of it into the same tables with their
indexes. Written out is the archive of the city; the floor copies the same tables out and keeps nothing.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

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

CITY = "kh-pnh"
AIM = 0.5
SPREAD_DEGREES = 0.03
COLUMNS = (
    "source_id", "service_code", "created", "lat", "lon", "description", "acknowledged", "resolved", "observed_until",
)  # fmt: skip
CHAINED = (*EVENT_COLUMNS, "seq", "recorded_at", "previous_hash", "hash")
TABLES = {"request": REQUEST_COLUMNS, "event": CHAINED}


def main(arguments: Sequence[str]) -> int:
    """Measure both ways and print them; 0 also where an aim is missed, which the lines say."""
    wanted = argparse.ArgumentParser(prog="bench carry", description=__doc__)
    wanted.add_argument("--requests", type=int, default=50_000, help="requests carried in a round")
    wanted.add_argument("--rounds", type=int, default=3)
    given = wanted.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        database_in_earnest() as services,
        psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner,
    ):
        city = city_of(CITY)
        path = Path(folder) / "requests.csv"
        write_table(path, city, given.requests, time_told(owner))
        ins, outs = [], []
        for number in range(1, given.rounds + 1):
            took = read_in(city, path)
            out = written_out(owner, city, Path(folder))
            ins.append((took, copied_in(owner, Path(folder))))
            outs.append(out)
            print(
                f"round {number}: in {took:.1f} s beside {ins[-1][1]:.1f} s, "
                f"out {out[0]:.2f} s beside {out[1]:.2f} s",
                flush=True,
            )
        tell("read in", given.requests, ins)
        tell("written out", given.requests, outs)
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"most memory of this process: {held} MiB")
    return 0


def tell(what: str, requests: int, rounds: Sequence[tuple[float, float]]) -> None:
    """One line: requests a second of both sides, and the median of the rounds' shares."""
    own, floor = (median(requests / side for side in sides) for sides in zip(*rounds, strict=True))
    share = median(copy / ours for ours, copy in rounds)
    print(f"{what}: {own:,.0f} requests/s; COPY {floor:,.0f}; share {share:.2f} (aim {AIM})")


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
    for table, columns in TABLES.items():
        with (
            (folder / table).open("wb") as stream,
            owner.cursor().copy(
                f"copy (select {', '.join(columns)} from {table} order by city_id, id) to stdout"
                if table == "request"
                else f"copy (select {', '.join(columns)} from {table} order by city_id, request_id, seq) to stdout"
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
        for table, columns in TABLES.items():
            with (
                (folder / table).open("rb") as stream,
                owner.cursor().copy(f"copy {table} ({', '.join(columns)}) from stdin") as into,
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
    for table in moved():
        with owner.cursor().copy(
            f"copy (select {', '.join(columns_of(table))} from {table.name} where city_id = '{city.id}') to stdout"
        ) as rows:
            for _block in rows:
                pass
    return own, time.perf_counter() - began
