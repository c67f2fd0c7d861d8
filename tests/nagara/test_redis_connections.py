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
from nagara.redis_connections import Direct, connected

RESET = struct.pack("ii", 1, 0)
"""Linger for nothing: closing sends a reset."""

ANSWERS = {b"PING": b"+PONG\r\n", b"EVAL": b"*2\r\n*0\r\n*0\r\n"}
LATE = b"LATE"
"""Answered when nobody waits any more."""

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Server:
    """Answers what is asked of it as Redis does, and can reset all connections."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.asked = self.connected = 0
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.connected += 1
        while head := await reader.readline():
            words = []
            for _ in range(int(head[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2])
            self.asked += words[0] in ANSWERS
            if words[0] == LATE:
                await asyncio.sleep(0.3)
            writer.write(ANSWERS.get(words[0], b"+OK\r\n"))
        self.ended.set()

    def reset(self) -> None:
        """Break every connection."""
        for writer in self.writers:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        self.writers.clear()

    async def close(self) -> None:
        """End every connection as a server does that is stopped, or that nobody asked anything for long."""
        for writer in self.writers:
            writer.close()
            await writer.wait_closed()
        self.writers.clear()


async def with_server(use: Callable[[Server, Any], Coroutine[Any, Any, None]], within_s: float = 5) -> None:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = connected(
        f"redis://127.0.0.1:{port}/0", socket_timeout=within_s, socket_connect_timeout=5, protocol=2
    )
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
        await limiter.count_all("check", Source("10.0.0.1"))
        server.reset()
        await asyncio.sleep(0.05)
        await limiter.count_all("check", Source("10.0.0.1"))
        assert limiter._away(), "Redis is left alone for a moment"
        assert server.asked == 1

    run(with_server(use))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_what_is_asked_directly_goes_over_one_connection_as_long_as_it_stands(run: Run) -> None:
    async def use(server: Server, client: Any) -> None:
        direct = Direct(client)
        assert [await direct.ask("PING") for _ in range(3)] == [b"PONG"] * 3
        assert server.connected == 1
        await server.close()
        await asyncio.sleep(0.05)
        assert await direct.ask("PING") == b"PONG", "it was closed while it rested: nothing was lost"
        assert server.connected == 2
        server.reset()
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionError):
            await direct.ask("PING")
        assert await direct.ask("PING") == b"PONG"

    run(with_server(use))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(run: Run) -> None:
    async def use(server: Server, client: Any) -> None:
        direct = Direct(client)
        with pytest.raises(TimeoutError):
            await direct.ask(LATE)
        assert await direct.ask("PING") == b"PONG"
        waiting = asyncio.create_task(direct.ask(LATE))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await direct.ask("PING") == b"PONG"

    run(with_server(use, within_s=0.15))


def test_what_is_asked_directly_ends_with_its_client() -> None:
    async def use(server: Server, client: Any) -> None:
        direct = Direct(client)
        await direct.ask("PING")
        assert not server.ended.is_set()
        await client.aclose()
        async with asyncio.timeout(5):
            await server.ended.wait()
        assert await direct.ask("PING") == b"PONG", "it was kept until here"

    asyncio.run(with_server(use))
