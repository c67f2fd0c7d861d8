"""Counts of requests are added up, and held against the requests."""

from __future__ import annotations

import logging

import psycopg

from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.locks import Lock, only_one
from nagara.network import live_counts
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

log = logging.getLogger(__name__)


@task("counts.fold")
def fold() -> None:
    """Every few seconds: add up what transactions told. What is shown stays the same; safe to repeat and to kill."""
    cities = list(configuration().cities.values())
    with kept_connection() as connection, only_one(connection, Lock.COUNTS) as mine:
        taken = live_counts.MOST_TAKEN if mine else 0
        while taken == live_counts.MOST_TAKEN:
            with connection.transaction():
                taken = live_counts.fold(connection, cities)


@task("counts.prove", soft_time_limit=1500.0, time_limit=1800.0)
def prove() -> None:
    """Nightly: hold the counts of every city against its requests; what differs is counted anew, and told.

    It never should, but where a city moved to another time zone: its months are others then. Safe to repeat.
    """
    with clock_connection() as connection, only_one(connection, Lock.COUNTS) as mine:
        if not mine:
            return
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for city in configuration().cities.values():
            with connection.transaction():
                different = live_counts.prove(connection, city)
            if different:
                log.error(
                    "counts of %s differed from its requests in %d places, and were replaced",
                    city.id,
                    different,
                )
    say(log, "held the counts against the requests")
