"""A crash of the database takes what builds keep of requests: the next build reads the log and says the same."""

from __future__ import annotations

import datetime as dt
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from nagara.cities import configuration
from nagara.indicators.build import build_city, count_events
from nagara.indicators.keeping import prove
from nagara.indicators.snapshots import district_cells
from nagara.indicators.verifying import verify_snapshot
from nagara.local.throwaway import throwaway_postgres
from nagara.migrations import migrate
from tests.nagara.indicators.test_build import CITY, fill, now_of
from tests.waiting import wait_until

CUT_OFF = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
Db = psycopg.Connection[Any]


def has_ended(connection: Db) -> bool:
    try:
        connection.execute("select 1")
    except psycopg.OperationalError:
        return True
    return False


def kept(db: Db) -> tuple[int, int, int]:
    """Buckets, cities whose log is followed, snapshots."""
    tables = ("indicator_part", "indicator_build", "indicator_snapshot")
    found = [db.execute(f"select count(*) from {table}").fetchone() for table in tables]
    parts, builds, snapshots = (row[0] if row else -1 for row in found)
    return parts, builds, snapshots


def test_after_a_crash_a_build_reads_the_log_anew_and_finds_the_same(tmp_path: Path) -> None:
    known, city = configuration(), configuration().cities[CITY]
    with throwaway_postgres(tmp_path, durable=True) as cluster:
        migrate(cluster.url)
        options = "-c role=nagara_clock -c timezone=UTC"
        with psycopg.connect(cluster.url, options=options) as db:
            fill(db)
            before = build_city(db, known, CITY, now_of(db), CUT_OFF)
            cells = district_cells(db, CITY, before)
            db.commit()
            assert kept(db) == (1, 1, 1)
            db.commit()
        with (
            closing(psycopg.connect(cluster.url, autocommit=True)) as beside,
            closing(psycopg.connect(cluster.url, autocommit=True)) as killed,
        ):
            os.kill(killed.info.backend_pid, signal.SIGKILL)
            wait_until(lambda: has_ended(beside), "the server ends every session")
        wait_until(cluster.is_ready, "the server has recovered")
        with psycopg.connect(cluster.url, options=options) as db:
            assert kept(db) == (0, 0, 1)
            now = now_of(db)
            assert build_city(db, known, CITY, now, CUT_OFF) == before
            assert db.execute("select requests_read, months_built from indicator_build").fetchone() == (60, 0)
            fill(db, count=3)
            now = now_of(db)
            after = build_city(db, known, CITY, now, CUT_OFF)
            assert district_cells(db, CITY, after) == count_events(db, city, CUT_OFF, now).cells != cells
            assert db.execute("select requests_read from indicator_build").fetchone() == (3,)
            assert verify_snapshot(db, known, before).equal
            assert prove(db, city, now_of(db)) == 0
