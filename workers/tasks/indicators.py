"""Figures follow what happened."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import psycopg

from city_config import Configuration
from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.federation.registry import cities_elsewhere
from nagara.indicators.build import build_city, needs_refresh
from nagara.indicators.keeping import prove
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
    _build(_follow, needs_refresh)


@task("indicators.rebuild", **LIMITS, **RETRIES)
def rebuild() -> None:
    """Hold what builds keep against the whole log, then compute every city as of the last full hour, events or not.

    Nightly; repeated, it finds its snapshots. What differs is replaced and told: it should never happen.
    """
    _build(_prove_and_build, lambda *_: True)


def _follow(
    connection: psycopg.Connection[Any], known: Configuration, city_id: str, now: dt.datetime
) -> None:
    build_city(connection, known, city_id, now)


def _prove_and_build(
    connection: psycopg.Connection[Any], known: Configuration, city_id: str, now: dt.datetime
) -> None:
    differences = prove(connection, known.cities[city_id], now)
    if differences:
        log.error(
            "kept facts of %s differed from its log for %d requests, and were replaced", city_id, differences
        )
    build_city(connection, known, city_id, now, now.replace(minute=0, second=0, microsecond=0))


def _build(
    build: Callable[[psycopg.Connection[Any], Configuration, str, dt.datetime], None],
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
            elsewhere = cities_elsewhere(connection)  # they compute their own, and send it
        here = [city_id for city_id in known.cities if city_id not in elsewhere]
        built = 0
        for number, city_id in enumerate(here, 1):
            with connection.transaction():
                if wanted(connection, city_id, now):
                    build(connection, known, city_id, now)
                    built += 1
                    log.info("built indicators of %s, city %d of %d", city_id, number, len(here))
    if built:
        say(log, "built indicators", cities=built)
