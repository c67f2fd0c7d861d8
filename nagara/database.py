"""The ways to the database: SQLModel sessions by default, psycopg 3 connections for the hot statements and the clock.

All act as a role that owns no table. ``nagara_app`` sees only the city named in ``nagara.city``, which
every transaction sets for itself; ``nagara_clock`` sees all cities and serves sweeps and batches;
``nagara_network`` keeps what cities handed to their network, and sees no request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, Literal, LiteralString

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout
from psycopg_pool import TooManyRequests as PoolOverrun
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from nagara.exchange import Connection, Question, Rows, exchange
from nagara.settings import settings

Role = Literal["nagara_app", "nagara_clock", "nagara_network"]
Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]
BEGIN, COMMIT = "begin", "commit"
"""Sent as statements within a pipeline: psycopg's own transactions wait for the answer to each of the two."""

ANOTHER_FIRST = "40"
"""SQLSTATE class of a transaction that was rolled back for another one's sake: a deadlock."""

SERVER_WENT_AWAY = "57P"
"""SQLSTATE of a server that is stopping, crashed or starting; a connection that just broke has none."""

GONE_AFTER = (
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4"
    " -c tcp_user_timeout=30000"
)
"""Of a machine that is cut off the server lets go within half a minute, and of the rows and locks it held."""

STATEMENT_TIMEOUT_MS = 15_000
PATIENCE_S = 5
PATIENCE: Mapping[str, Any] = {
    "connect_timeout": PATIENCE_S,
    "tcp_user_timeout": PATIENCE_S * 1000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""How long a server that is cut off holds whoever waits for it, in words of ``libpq``: hardly longer on a connection
that stands than on a new one. Once it is back, nobody waits for answers that were lost."""

SET_CITY: LiteralString = "select set_config('nagara.city', %s, true)"


def role_options(role: Role, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS) -> str:
    """Start-up options of a connection: its role, the longest a statement may run, when its client counts as gone."""
    return f"-c role={role} -c statement_timeout={statement_timeout_ms} -c timezone=UTC{GONE_AFTER}"


@lru_cache(maxsize=4)
def engine(role: Role) -> Engine:
    """The process's SQLAlchemy engine of a role; connections are checked before use after a restart."""
    url = make_url(settings().database_url).set(drivername="postgresql+psycopg")
    return create_engine(
        url,
        pool_size=settings().pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        pool_timeout=10,
        connect_args={"options": role_options(role), **PATIENCE},
    )


@contextmanager
def city_session(city_id: str) -> Iterator[Session]:
    """A session that sees one city, in one transaction: committed at the end, rolled back on any error."""
    with Session(engine("nagara_app"), expire_on_commit=False) as session, session.begin():
        session.execute(text("select set_config('nagara.city', :city, true)"), {"city": city_id})
        yield session


@contextmanager
def clock_connection(statement_timeout_ms: int = 600_000) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the time door, which sees all cities. The caller commits what it wants kept."""
    with psycopg.connect(
        settings().database_url,
        options=role_options("nagara_clock", statement_timeout_ms),
        **PATIENCE,
    ) as connection:
        yield connection


@contextmanager
def network_connection() -> Iterator[psycopg.Connection[Any]]:
    """A connection of the network's door: what the network holds of its cities, and no request of any.

    One transaction, committed at the end and rolled back on any error.
    """
    with psycopg.connect(
        settings().database_url,
        options=role_options("nagara_network", 60_000),
        **PATIENCE,
    ) as connection:
        yield connection


def time_told(connection: psycopg.Connection[Any]) -> dt.datetime:
    """The database's clock, which is the one that counts."""
    row = connection.execute("select clock_timestamp()").fetchone()
    if row is None:
        raise psycopg.OperationalError("the database did not tell the time")
    now: dt.datetime = row[0]
    return now


def app_pool() -> Pool:
    """A pool for the hot statements, not yet open; one a process. Its users begin and commit themselves."""
    connection_class: type[psycopg.AsyncConnection[Any]] = Connection
    return AsyncConnectionPool(
        make_conninfo(settings().database_url, options=role_options("nagara_app")),
        connection_class=connection_class,
        min_size=1,
        max_size=settings().pool_size,
        timeout=10,
        max_waiting=2000,
        kwargs={**PATIENCE, "autocommit": True},
        check=None,
        open=False,
    )


async def read_in_city(
    pool: Pool, city_id: str, *questions: Question, prepare: bool | Sequence[bool] = True
) -> list[Rows]:
    """The rows that each statement finds in one city: one transaction, one round trip however many there are.

    If the connection turns out to be broken, the pool is looked through and all is read once more. Without
    ``prepare``, told of all or of each, the database plans for these very values, which pays where a plan
    depends on how rare they are.
    """
    kept = [prepare] * len(questions) if isinstance(prepare, bool) else prepare
    asked = [((SET_CITY, (city_id,)), True), *zip(questions, kept, strict=True)]
    _, *found = await read_surely(pool, asked)
    return found


async def read_surely(pool: Pool, asked: Sequence[tuple[Question, bool]]) -> list[Rows]:
    """What ``exchange`` finds, read once more if the connection broke, after the pool was looked through."""
    try:
        return await exchanged(pool, asked)
    except psycopg.OperationalError as error:
        if not connection_broke(error):
            raise
        await pool.check()
        return await exchanged(pool, asked)


def connection_broke(error: psycopg.OperationalError) -> bool:
    """Whether a connection broke, so that it is not known what became of what was sent, and another one may do.

    Not so where the server answered, or where none was to be had: then nothing was sent, and whoever asks again
    only waits as long again.
    """
    if isinstance(error, PoolTimeout | PoolOverrun | PoolClosed):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(SERVER_WENT_AWAY)


def another_went_first(error: psycopg.Error) -> bool:
    """Whether a transaction was undone so that another could go on: the same again is right."""
    return (error.sqlstate or "").startswith(ANOTHER_FIRST)


def fault_of_what_was_sent(error: psycopg.Error) -> bool:
    """Whether the server refused what was sent for what it held, or let another go first; nothing was written then.

    Of several that were sent together each may do better alone. A server that is stopping, out of room or too slow
    would be no better to each of them, and of a connection that broke nobody knows what was written.
    """
    return not isinstance(error, psycopg.OperationalError) or another_went_first(error)


async def exchanged(pool: Pool, asked: Sequence[tuple[Question, bool]]) -> list[Rows]:
    """What ``exchange`` finds over one of the pool's connections; nothing is repeated.

    The pool's own way to lend a connection would commit at the end, which an exchange has done by itself.
    """
    connection = await pool.getconn()
    try:
        return await exchange(connection, asked)
    finally:
        await pool.putconn(connection)


@asynccontextmanager
async def city_transaction(pool: Pool, city_id: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A transaction that sees one city; statements inside may go out in one pipeline with its beginning."""
    async with pool.connection() as connection, connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        await connection.execute(SET_CITY, (city_id,), prepare=True)
        yield connection
        await connection.commit()


@contextmanager
def app_connection() -> Iterator[psycopg.Connection[Any]]:
    """A pooled connection that sees no city's rows, only what is published to all; nothing is kept of it."""
    pooled = engine("nagara_app").raw_connection()
    try:
        connection = pooled.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the engine's driver is psycopg
        yield connection
    finally:
        pooled.close()
