"""Figures follow what happened: a task for each city, side by side on as many workers as there are."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from billiard.exceptions import SoftTimeLimitExceeded
from kombu.exceptions import OperationalError

from city_config import Configuration
from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.federation.registry import cities_elsewhere
from nagara.indicators.asking import ask, ask_beside_peers
from nagara.indicators.build import build_city, needs_refresh
from nagara.indicators.keeping import prove
from nagara.indicators.mix import freeze_year
from nagara.indicators.progress import Progress, building, proved_since
from nagara.indicators.sheets import keep_usual
from nagara.locks import only_one_of
from workers.app import app, task
from workers.connections import kept_for_builds, kept_transaction
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

DROPPED_AFTER = 1200.0
"""Seconds after which a city's message means nothing any more: the tick that sent it has built the city itself."""

log = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]
Work = Callable[[Connection, Configuration, str, dt.datetime, Progress], None]
Wanted = Callable[[Connection, str, dt.datetime], bool]


@task("indicators.refresh", **LIMITS, **RETRIES)
def refresh() -> None:
    """Every half minute: take new events into the figures. A city without any is left alone; safe to repeat."""
    _every_city("indicators.refresh_city", _follow, needs_refresh)


@task("indicators.refresh_city", **LIMITS, **RETRIES)
def refresh_city(city_id: str) -> None:
    """Every half minute, where ``refresh`` hands a city on: the same, on whichever worker is free; safe to repeat."""
    _one_city(city_id, "indicators.refresh_city", _follow, needs_refresh)


@task("indicators.rebuild", **LIMITS, **RETRIES)
def rebuild() -> None:
    """Hold what builds keep against the whole log, then compute every city as of the last full hour, events or not.

    Nightly; repeated, it finds its snapshots. What differs is replaced and told: it should never happen.
    """
    _every_city("indicators.rebuild_city", _prove_and_build, _not_proved)
    with clock_connection() as connection:
        if not freeze_year(connection, configuration(), time_told(connection)):
            log.info("the network has too few issues of last year to freeze this year's mix of codes")
    with clock_connection() as connection:
        known = configuration()
        city_first = known.network.questions.city_first
        ask_beside_peers(connection, list(known.cities), time_told(connection), city_first)


@task("indicators.rebuild_city", **LIMITS, **RETRIES)
def rebuild_city(city_id: str) -> None:
    """Nightly, where ``rebuild`` hands a city on: the same, on whichever worker is free; safe to repeat."""
    _one_city(city_id, "indicators.rebuild_city", _prove_and_build, _not_proved)


def _follow(
    connection: Connection, known: Configuration, city_id: str, now: dt.datetime, progress: Progress
) -> None:
    build_city(connection, known, city_id, now, tell=progress.tell)


def _prove_and_build(
    connection: Connection, known: Configuration, city_id: str, now: dt.datetime, progress: Progress
) -> None:
    differences = prove(connection, known.cities[city_id], now, progress.tell)
    if differences:
        log.error(
            "kept facts of %s differed from its log for %d requests, and were replaced", city_id, differences
        )
    build_city(connection, known, city_id, now, _full_hour(now), progress.tell, whole=True)


def _full_hour(now: dt.datetime) -> dt.datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _not_proved(connection: Connection, city_id: str, now: dt.datetime) -> bool:
    """Whether nobody has held the city against its log since the full hour."""
    return not proved_since(connection, city_id, _full_hour(now))


def _every_city(name: str, work: Work, wanted: Wanted) -> None:
    """Hand each wanted city to the workers, and work through them here too: nothing waits for a broker."""
    known = configuration()
    with kept_for_builds() as connection:
        with connection.transaction():
            now = time_told(connection)
            elsewhere = cities_elsewhere(connection)  # they compute their own, and send it
        here = [city_id for city_id in known.cities if city_id not in elsewhere]
        with connection.transaction():
            due = [city_id for city_id in here if wanted(connection, city_id, now)]
        for city_id in due[1:]:
            _hand_out(name, city_id)
        built = sum(_build(connection, known, city_id, name, work, wanted) for city_id in due)
    if built:
        say(log, "built indicators", cities=built)


def _hand_out(name: str, city_id: str) -> None:
    if app.current_worker_task is None or app.current_worker_task.request.is_eager:
        return  # called without a worker: nobody listens
    try:
        app.send_task(name, args=[city_id], expires=DROPPED_AFTER, retry=False)
    except OperationalError as error:
        log.debug("no other worker was told of %s: %s", city_id, error)


def _one_city(city_id: str, name: str, work: Work, wanted: Wanted) -> None:
    known = configuration()
    if city_id in known.cities:
        with kept_for_builds() as connection:
            if _build(connection, known, city_id, name, work, wanted):
                say(log, "built indicators", cities=1)


def _build(
    connection: Connection, known: Configuration, city_id: str, name: str, work: Work, wanted: Wanted
) -> bool:
    """Build a city in a transaction of its own, unless somebody else does or has done; returns whether it was built.

    Its sheets come to be seen with its figures, so that no page has to make them in between; its questions follow in
    a second transaction.
    """
    with only_one_of(connection, f"indicators of {city_id}") as mine:
        if not mine:
            return False
        with connection.transaction():
            now = time_told(connection)
            if not wanted(connection, city_id, now):
                return False
        with building(city_id, name, kept_transaction) as progress:
            with connection.transaction():
                work(connection, known, city_id, now, progress)
                _keep_sheets(connection, known, city_id, now)
            with connection.transaction():
                ask(connection, city_id, now, known.network.questions.city_first)
    log.info("built indicators of %s", city_id)
    return True


def _keep_sheets(connection: Connection, known: Configuration, city_id: str, now: dt.datetime) -> None:
    """Make the sheets of the usual periods; the figures stand without them, and pages then make their own."""
    try:
        with connection.transaction():
            keep_usual(connection, known, city_id, now)
    except (psycopg.OperationalError, SoftTimeLimitExceeded):
        raise
    except Exception:
        log.exception("no sheets were made of %s", city_id)
