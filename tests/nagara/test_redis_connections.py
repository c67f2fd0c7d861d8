"""A connection to Redis that breaks while it rests is a Redis that is away for a moment, on every event loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop
from redis.exceptions import ConnectionError

from nagara.rate_limits import RateLimiter, Source
from nagara.redis_connections import connected

RESET = struct.pack("ii", 1, 0)
"""Linger for nothing: closing sends a reset."""

ANSWERS = {b"PING": b"+PONG\r\n", b"EVAL": b"*0\r\n"}

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Server:
    """Answers what is asked of it as Redis does, and can reset all connections."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while head := await reader.readline():
            words = []
            for _ in range(int(head[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2])
            self.asked += words[0] in ANSWERS
            writer.write(ANSWERS.get(words[0], b"+OK\r\n"))

    def reset(self) -> None:
        """Break every connection."""
        for writer in self.writers:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        self.writers.clear()


async def with_server(use: Callable[[Server, Any], Coroutine[Any, Any, None]]) -> None:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = connected(f"redis://127.0.0.1:{port}/0", socket_timeout=5, socket_connect_timeout=5, protocol=2)
    try:
        await use(server, client)
    finally:
        await client.aclose()
        server.reset()
        listening.close()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_connection_that_was_reset_says_so_as_redis_does(run: Run) -> None:
    async def use(server: Server, client: Any) -> None:
        assert await client.ping()
        server.reset()
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionError):
            await client.ping()
        assert await client.ping(), "the next question has a connection of its own"

    run(with_server(use))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_nobody_is_refused_for_it(run: Run) -> None:
    async def use(server: Server, client: Any) -> None:
        limiter = RateLimiter(client, True, b"secret")
        await limiter.count_all("file", Source("10.0.0.1"))
        server.reset()
        await asyncio.sleep(0.05)
        await limiter.count_all("file", Source("10.0.0.1"))
        assert limiter._away(), "Redis is left alone for a moment"
        assert server.asked == 1

    run(with_server(use))
