"""What staff ask for that takes longer than an answer may."""

from __future__ import annotations

import logging
import time

from nagara.batches import bulk, exporting, jobs
from nagara.batches.files import files
from nagara.database import clock_connection, time_told
from nagara.settings import settings
from workers.app import task
from workers.logs import say

BULK_SECONDS_A_TICK = 25.0
"""A long job leaves the worker now and then, so that what is urgent is not kept waiting."""

JOBS_A_TICK = 10
FILES_A_TICK = 1_000
EXPORT_LIMITS = {"soft_time_limit": 1800.0, "time_limit": 1860.0}

log = logging.getLogger(__name__)


@task("bulk.move")
def move_many() -> None:
    """Work on bulk moves. Every 2 s; safe to repeat: each has one worker at a time and goes on where it stopped."""
    until = time.monotonic() + BULK_SECONDS_A_TICK
    with clock_connection() as connection:
        for city_id, id_, kind in jobs.waiting(connection, JOBS_A_TICK):
            if kind != "bulk" or time.monotonic() >= until:
                continue
            with jobs.taken(connection, id_) as mine:
                if mine and bulk.run(city_id, id_, until):
                    say(log, "moved many", city=city_id, job=str(id_))


@task("batches.export", **EXPORT_LIMITS)
def export() -> None:
    """Write the files that were asked for. Every 2 s; safe to repeat: one that was killed is written anew."""
    with clock_connection(int(EXPORT_LIMITS["soft_time_limit"] * 1000)) as connection:
        for city_id, id_, kind in jobs.waiting(connection, JOBS_A_TICK):
            if kind != "export":
                continue
            with jobs.taken(connection, id_) as mine:
                if mine:
                    exporting.run(connection, files(settings()), city_id, id_)
                    say(log, "exported", city=city_id, job=str(id_))


@task("batches.forget")
def forget_files() -> None:
    """Remove exported files that have expired. Hourly; safe to repeat."""
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        removed = exporting.forget(connection, files(settings()), now, FILES_A_TICK)
    if removed:
        say(log, "forgot exports", removed=removed)
