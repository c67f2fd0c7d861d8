"""Asynchronous connections to Redis that fail alike on every event loop."""

from __future__ import annotations

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
