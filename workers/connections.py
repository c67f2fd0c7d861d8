"""Connections that a worker process keeps: for tasks that run many times a second, and for one city after another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
import redis
from celery import current_task
from psycopg.pq import TransactionStatus

from nagara.database import PATIENCE, clock_connection, role_options
from nagara.settings import settings

STATEMENT_TIMEOUT_MS = 45_000
BUILD_TIMEOUT_MS = 2_400_000
"""A first build reads a city's whole log."""

TRUSTED_FOR_S = 1.0
"""A connection that was of use so recently is used again unasked."""

Connection = psycopg.Connection[Any]


class _Kept:
    """One of the process: opened at its first use, and again after it broke or the settings named another server."""

    def __init__(self, statement_timeout_ms: int) -> None:
        self._options = role_options("nagara_clock", statement_timeout_ms)
        self._connection: Connection | None = None
        self._url, self._used_at = "", 0.0

    def usable(self) -> Connection:
        """The connection, looked at first if it was not used for a while.

        One that was left in the midst of something, as when a task's time was over while it undid its work, is closed:
        what comes next would else be a part of that, and never be committed.
        """
        url, kept = settings().database_url, self._connection
        if kept is not None and self._url == url and _at_rest(kept) and self._answers(kept):
            return kept
        self.close()
        self._connection = psycopg.connect(
            url,
            options=self._options,
            autocommit=True,
            **PATIENCE,
        )
        self._url = url
        return self._connection

    def used(self) -> None:
        """It just did what was asked of it."""
        self._used_at = time.monotonic()

    def close(self) -> None:
        """Let go of it."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _answers(self, connection: Connection) -> bool:
        if time.monotonic() - self._used_at < TRUSTED_FOR_S:
            return True
        try:
            connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True


def _at_rest(connection: Connection) -> bool:
    """Whether it is open, and nothing has begun on it."""
    return not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE


_kept = _Kept(STATEMENT_TIMEOUT_MS)
_building = _Kept(BUILD_TIMEOUT_MS)


@contextmanager
def kept_transaction() -> Iterator[Connection]:
    """One transaction of the time door on the process's own connection: committed at the end, else rolled back.

    Its statements stay prepared from one task to the next, and nobody signs in anew, which is most of what a task
    costs that finds little to do. They go out together until an answer is looked at: where an error is met is where
    the next answer is. Called without a worker it is an ordinary connection, closed at the end.
    """
    if not in_a_worker():
        with clock_connection() as connection:
            yield connection
        return
    connection = _kept.usable()
    try:
        with connection.pipeline(), connection.transaction():
            yield connection
        _kept.used()
    except (psycopg.OperationalError, psycopg.InterfaceError):
        _kept.close()
        raise


@contextmanager
def kept_for_builds() -> Iterator[Connection]:
    """The process's own connection for builds of figures, outside of any transaction; the caller begins and ends them.

    A session that has built a city knows the tables and the statements for the next one: a new one costs as much as a
    small build. Where anything goes wrong it is closed, so that nothing it held outlives the task. Called without a
    worker it is an ordinary connection, closed at the end.
    """
    if not in_a_worker():
        with clock_connection(BUILD_TIMEOUT_MS) as connection:
            yield connection
        return
    connection = _building.usable()
    try:
        yield connection
        _building.used()
    except BaseException:
        _building.close()
        raise


@contextmanager
def kept_connection() -> Iterator[Connection]:
    """What ``clock_connection`` gives, for a timer that rings every few seconds: here too over the process's own.

    What is begun is committed at the end. After an error the connection is closed, with whatever it held. A statement
    may take ``STATEMENT_TIMEOUT_MS``. Called without a worker it is an ordinary connection.
    """
    if not in_a_worker():
        with clock_connection() as connection:
            yield connection
        return
    connection = _kept.usable()
    try:
        connection.autocommit = False
        yield connection
        connection.commit()
        connection.autocommit = True
        _kept.used()
    except BaseException:
        _kept.close()
        raise


def in_a_worker() -> bool:
    """Whether a worker runs this, and not a test or a command that calls the task itself."""
    return bool(current_task) and not current_task.request.is_eager


@lru_cache(maxsize=1)
def nudges() -> redis.Redis:
    """Where the process looks for nudges that are under way."""
    return redis.Redis.from_url(settings().redis_url, socket_timeout=1, socket_connect_timeout=1)
