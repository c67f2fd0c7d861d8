"""Real servers for tests and measurements: a private PostgreSQL and Valkey that vanish when done with."""

from __future__ import annotations

import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from nagara.local import postgres, redis_server
from nagara.local.children import end_child, start_child
from nagara.local.ports import free_port
from nagara.local.postgres_programs import find_identity, find_programs

START_WITHIN_SECONDS = 120.0
STOP_WITHIN_SECONDS = 30.0
CHECK_EVERY_SECONDS = 0.05
PORTS_TRIED = 5
PORT_TAKEN = "Address already in use"

Server = TypeVar("Server", postgres.Cluster, redis_server.RedisServer)


@dataclass(frozen=True)
class Throwaway:
    """The servers' addresses; `cluster` makes further databases."""

    cluster: postgres.Cluster
    database_url: str
    redis_url: str
    folder: Path


@contextmanager
def throwaway_services(
    *, durable: bool = False, also: Mapping[str, str] | None = None
) -> Iterator[Throwaway]:
    """Start both servers in a temporary folder, yield their addresses, stop them and delete everything.

    With `durable` PostgreSQL writes as safely as in earnest (for crash tests and measurements); without, it
    skips fsync; `also` are further settings of PostgreSQL. Call it from the main thread: the servers end when the
    thread that started them does.
    """
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="nagara-", ignore_cleanup_errors=True))
        )
        cluster = stack.enter_context(throwaway_postgres(folder, durable=durable, also=also))
        server = stack.enter_context(throwaway_redis(folder))
        yield Throwaway(cluster, cluster.url, server.url, folder)


@contextmanager
def throwaway_postgres(
    folder: Path, *, durable: bool = False, also: Mapping[str, str] | None = None
) -> Iterator[postgres.Cluster]:
    """A PostgreSQL in `folder`, with Nagara's empty database, until the block ends."""
    identity = find_identity()
    if identity.user is not None:
        folder.chmod(0o711)  # the user it runs as must reach its files
    programs, password = find_programs(), secrets.token_urlsafe(16)

    def listening_on(port: int) -> postgres.Cluster:
        cluster = postgres.prepare(programs, identity, folder, port, password, throwaway=not durable)
        return replace(cluster, also=also or {})

    cluster, child = _start(listening_on, folder / "postgres.log", signal.SIGINT)
    try:
        cluster.ensure_database()
        yield cluster
    finally:
        end_child(child, signal.SIGINT, STOP_WITHIN_SECONDS)


@contextmanager
def throwaway_redis(folder: Path) -> Iterator[redis_server.RedisServer]:
    """A Valkey in `folder` that keeps nothing, until the block ends."""
    program, password = redis_server.find_program(), secrets.token_urlsafe(16)

    def listening_on(port: int) -> redis_server.RedisServer:
        return redis_server.prepare(program, folder / "redis", port, password, throwaway=True)

    server, child = _start(listening_on, folder / "redis.log", signal.SIGTERM)
    try:
        yield server
    finally:
        end_child(child, signal.SIGTERM, STOP_WITHIN_SECONDS)


def _start(
    listening_on: Callable[[int], Server], log: Path, stop_signal: signal.Signals
) -> tuple[Server, subprocess.Popen[bytes]]:
    """The server, ready, and its process: on another port when somebody took the free one before it did."""
    tried = 0
    while True:
        server = listening_on(free_port())
        child = start_child(server.command, log, stop_signal)
        tried += 1
        try:
            _wait_until(server.is_ready, child, log)
        except RuntimeError as error:
            end_child(child, stop_signal, STOP_WITHIN_SECONDS)
            if tried == PORTS_TRIED or PORT_TAKEN not in str(error):
                raise
        else:
            return server, child


def _wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{child.args!s} does not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(CHECK_EVERY_SECONDS)
