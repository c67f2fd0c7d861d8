"""Figures follow what happened."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import psycopg

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.indicators.build import build_city, needs_refresh
from nagara.locks import Lock, only_one
from workers.app import task
from workers.logs import say

LIMITS = {"soft_time_limit": 2400.0, "time_limit": 2700.0}
"""Seconds. A pass that takes longer is ended; the nightly one has the time it needs on any city's log."""

RETRIES = {
    "autoretry_for": (psycopg.OperationalError,),
    "max_retries": 3,
    "retry_backoff": 10,
    "retry_backoff_max": 60,
}
"""A database that was away for a moment is asked again; the nightly build has no other tick."""

log = logging.getLogger(__name__)


@task("indicators.refresh", **LIMITS, **RETRIES)
def refresh() -> None:
    """Every half minute: take new events into the figures. A city without any is left alone; safe to repeat."""
    _build(lambda now: None, needs_refresh)


@task("indicators.rebuild", **LIMITS, **RETRIES)
def rebuild() -> None:
    """Compute every city as of the last full hour, events or not. Nightly; repeated, it finds its snapshots."""
    _build(lambda now: now.replace(minute=0, second=0, microsecond=0), lambda *_: True)


def _build(
    cut_off: Callable[[dt.datetime], dt.datetime | None],
    wanted: Callable[[psycopg.Connection[Any], str, dt.datetime], bool],
) -> None:
    """Build each wanted city in a transaction of its own, unless a build is under way already."""
    known = configuration()
    with (
        clock_connection(int(LIMITS["soft_time_limit"] * 1000)) as connection,
        only_one(connection, Lock.INDICATORS) as mine,
    ):
        if not mine:
            log.info("another build of the indicators is under way")
            return
        with connection.transaction():
            now = time_told(connection)
        built = 0
        for city_id in known.cities:
            with connection.transaction():
                if wanted(connection, city_id, now):
                    build_city(connection, known, city_id, now, cut_off(now))
                    built += 1
    if built:
        say(log, "built indicators", cities=built)
