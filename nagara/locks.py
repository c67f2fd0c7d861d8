"""Work of which the whole installation needs one at a time, however many workers and clocks there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from enum import IntEnum
from typing import Any, LiteralString

import psycopg

NAMESPACE = 0x4E616761
"""First half of the keys of Nagara's advisory locks; the second says for what."""


class Lock(IntEnum):
    """What is done by one at a time."""

    DELIVERY = 2  # a mail server that answers slowly must not hold every worker
    SMS = 31  # nor a gateway
    PUSH = 32  # nor a push service
    BEAT = 41  # of several clocks one rings the timers
    WEBHOOK = 33  # nor other systems
    TELEGRAM = 34  # nor the bot
    MAP = 51  # a city's tiles are made of all its open requests
    OPEN_DATA = 52  # and its files of all the public may see
    COUNTS = 53  # news are added up once


def only_one(connection: psycopg.Connection[Any], lock: Lock) -> AbstractContextManager[bool]:
    """Whether this connection is the one; if so it stays the one until the block or the connection ends.

    Never waits. The connection must be outside of any transaction, and is again afterwards.
    """
    return _held(connection, "(%s, %s)", (NAMESPACE, lock))


def only_one_of(connection: psycopg.Connection[Any], name: str) -> AbstractContextManager[bool]:
    """The same of work that is told apart by a name, as a city's is from other cities'."""
    return _held(connection, "(hashtextextended(%s, 0))", (name,))


@contextmanager
def _held(connection: psycopg.Connection[Any], key: LiteralString, values: tuple[Any, ...]) -> Iterator[bool]:
    with connection.transaction():
        row = connection.execute("select pg_try_advisory_lock" + key, values).fetchone()
    held = row is not None and row[0] is True
    try:
        yield held
    finally:
        if held:
            # A connection that is gone has given the lock back by itself.
            with suppress(psycopg.OperationalError):
                connection.rollback()
                connection.execute("select pg_advisory_unlock" + key, values)
                connection.commit()
