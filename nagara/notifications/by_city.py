"""Digests told city by city, in batches: what fails costs its own batch, and of that only who it is about."""

from __future__ import annotations

import datetime as dt
import logging
import math
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import psycopg

from city_config import City, Configuration
from nagara.cities import configuration
from nagara.locks import only_one_of

log = logging.getLogger(__name__)

BATCH = 100
"""Readers that one transaction tells."""

OF_A_READER: tuple[type[Exception], ...] = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.InternalError,
    psycopg.NotSupportedError,
    psycopg.ProgrammingError,
)
"""What one reader's rows may raise. An ended time limit and a lost database are none of it, and pass."""

OF_A_CITY: tuple[type[Exception], ...] = (*OF_A_READER, psycopg.Error)


class Digest(NamedTuple):
    """One kind of digest: who of a city may be due, and telling some of them, which takes and checks them again."""

    who: Callable[[psycopg.Connection[Any], City, dt.datetime], Sequence[Any]]
    tell: Callable[[psycopg.Connection[Any], Configuration, City, Sequence[Any], dt.datetime], int]


def tell_each_city(
    connection: psycopg.Connection[Any],
    digests: Sequence[Digest],
    now: dt.datetime,
    within: dt.timedelta,
) -> int:
    """Tell all cities whose lock is free; returns how many messages were laid down.

    Commits batch by batch, so the connection must be outside of any transaction. No batch is begun after ``within``:
    who was not reached is still due at the next run.
    """
    messages, until = 0, time.monotonic() + within.total_seconds()
    for city in configuration().cities.values():
        try:
            with only_one_of(connection, f"digests of {city.id}") as mine:
                for digest in digests if mine else ():
                    messages += tell_city(connection, digest, city, now, until)
        except OF_A_CITY as fault:
            if connection.closed:
                raise
            _say(city.id, "a city's digests", fault)
    return messages


def tell_city(
    connection: psycopg.Connection[Any],
    digest: Digest,
    city: City,
    now: dt.datetime,
    until: float = math.inf,
) -> int:
    """Tell those of one city who are due, each batch in a transaction, or in a savepoint of the caller's."""
    with connection.transaction():
        readers = digest.who(connection, city, now)
    messages = 0
    for start in range(0, len(readers), BATCH):
        if time.monotonic() >= until:
            break
        messages += _tell_each(connection, digest, city, readers[start : start + BATCH], now)
    return messages


def tell_everywhere(connection: psycopg.Connection[Any], digest: Digest, now: dt.datetime) -> int:
    """Tell all cities in the caller's transaction; returns how many messages were laid down."""
    return sum(tell_city(connection, digest, city, now) for city in configuration().cities.values())


def _tell_each(
    connection: psycopg.Connection[Any],
    digest: Digest,
    city: City,
    readers: Sequence[Any],
    now: dt.datetime,
) -> int:
    """Tell all of these, or all but those who fail for themselves: halved until they are found."""
    try:
        with connection.transaction():
            return digest.tell(connection, configuration(), city, readers, now)
    except OF_A_READER as fault:
        if len(readers) == 1:
            _say(city.id, "one reader's digest", fault)
            return 0
    half = len(readers) // 2
    first = _tell_each(connection, digest, city, readers[:half], now)
    return first + _tell_each(connection, digest, city, readers[half:], now)


def _say(city_id: str, what: str, fault: Exception) -> None:
    """No more than the fault's type and place is told: its words may name somebody."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    log.error("%s: %s failed (%s in %s:%s)", city_id, what, type(fault).__name__, last.name, last.lineno)
