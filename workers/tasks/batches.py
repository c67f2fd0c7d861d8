"""What staff ask for that takes longer than an answer may."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from billiard.exceptions import SoftTimeLimitExceeded

from nagara.batches import bulk, exporting, jobs
from nagara.batches.files import files
from nagara.database import clock_connection, time_told
from nagara.errors import NagaraError
from nagara.settings import settings
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

BULK_SECONDS_A_TICK = 25.0
"""A long job leaves the worker now and then, so that what is urgent is not kept waiting."""

SHORTEST_TURN = 1.0
EXPORT_SECONDS_A_TICK = 300.0
"""After so long no other file is begun, so that each has most of the time limit to itself."""

JOBS_A_TICK = 50
FILES_A_TICK = 1_000
EXPORT_LIMITS = {"soft_time_limit": 1800.0, "time_limit": 1860.0}

log = logging.getLogger(__name__)


@task("bulk.move")
def move_many() -> None:
    """Work on bulk moves. Every 2 s; safe to repeat: each has one worker at a time and goes on where it stopped."""
    until = time.monotonic() + BULK_SECONDS_A_TICK
    with kept_connection() as connection:
        waiting = jobs.waiting(connection, "bulk", JOBS_A_TICK)
        for place, (city_id, id_) in enumerate(waiting):
            now = time.monotonic()
            turn = max((until - now) / (len(waiting) - place), SHORTEST_TURN)
            if now >= until:
                return
            with jobs.taken(connection, id_) as mine, _failing(connection, city_id, id_):
                if mine and bulk.run(city_id, id_, now + turn):
                    say(log, "moved many", city=city_id, job=str(id_))


@task("batches.export", **EXPORT_LIMITS)
def export() -> None:
    """Write the files that were asked for. Every 2 s; safe to repeat: one that was killed is written anew."""
    until = time.monotonic() + EXPORT_SECONDS_A_TICK
    with kept_connection() as connection:
        if not jobs.waiting(connection, "export", 1):
            return
    with clock_connection(int(EXPORT_LIMITS["soft_time_limit"] * 1000)) as connection:
        for city_id, id_ in jobs.waiting(connection, "export", JOBS_A_TICK):
            if time.monotonic() >= until:
                return
            with jobs.taken(connection, id_) as mine, _failing(connection, city_id, id_):
                if mine:
                    exporting.run(connection, files(settings()), city_id, id_)
                    say(log, "exported", city=city_id, job=str(id_))


@contextmanager
def _failing(connection: psycopg.Connection[Any], city_id: str, id_: uuid.UUID) -> Iterator[None]:
    """Whatever goes wrong within ends this one job with a reason, and the others go on.

    While the database itself is away nothing can be written, so that is raised, and the job is tried again.
    """
    try:
        yield
    except Exception as error:
        if connection.closed:
            raise
        connection.rollback()
        if isinstance(error, NagaraError):
            why = error.message
        elif isinstance(error, SoftTimeLimitExceeded):
            why = "It took too long; ask for less at once."
        else:
            why = jobs.UNEXPECTED
        jobs.fail(city_id, id_, why)
        kind = type(error).__name__  # what it says may hold what residents wrote
        log.error("job %s in %s failed: %s", id_, city_id, kind)  # noqa: TRY400


@task("batches.forget")
def forget_files() -> None:
    """Remove exported files that have expired. Hourly; safe to repeat."""
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        removed = exporting.forget(connection, files(settings()), now, FILES_A_TICK)
    if removed:
        say(log, "forgot exports", removed=removed)
