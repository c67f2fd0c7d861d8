"""Asynchronous connections to Redis that fail alike on every event loop, and one for what is asked all day."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError


class _FailsAsRedisDoes:
    """A connection that was reset while it rested says so as any other does.

    uvloop raises a bare ``RuntimeError`` where asyncio's own loop raises ``ConnectionResetError``, and whoever can do
    without Redis for a while would not know it.
    """

    async def send_packed_command(self, *command: Any, **options: Any) -> None:
        try:
            await super().send_packed_command(*command, **options)  # type: ignore[misc]
        except RuntimeError as error:
            raise ConnectionError(f"Redis is not reached any more: {error}") from error


def connected(url: str, **options: Any) -> Redis:
    """A client of the server at ``url``; ``options`` are those of ``Redis.from_url``.

    Whatever happens to a connection is raised as a ``RedisError`` or an ``OSError``.
    """
    client = Redis.from_url(url, **options)
    pool = client.connection_pool
    kind = pool.connection_class
    pool.connection_class = type(kind.__name__, (_FailsAsRedisDoes, kind), {})
    return client


class Direct:
    """A connection of a client's for whoever asks one question at a time, all day.

    What a client does around each question - to choose a connection, to watch time for each half, to repeat, to keep
    records - takes as long as question and answer.
    """

    def __init__(self, client: Redis) -> None:
        self._pool: Any = client.connection_pool
        self._within_s: float | None = self._pool.connection_kwargs.get("socket_timeout")
        self._connection: Any = None

    async def ask(self, *command: str | bytes | int) -> Any:
        """What the server answers, within the client's time for an answer.

        Raises a ``RedisError`` or an ``OSError``; it is not known then whether the server did it, and the next question
        goes over a new connection. The connection ends with the client's own.
        """
        async with asyncio.timeout(self._within_s):
            connection = await self._ready()
            await connection.send_command(*command)
            return await connection.read_response()

    async def _ready(self) -> Any:
        """The connection; not one that the server has closed meanwhile."""
        if self._connection is None:
            self._connection = await self._pool.get_connection()
            self._connection.socket_timeout = None  # one watch for all is enough
        elif self._connection.is_connected and await self._connection.can_read():
            await self._connection.disconnect()
        return self._connection
