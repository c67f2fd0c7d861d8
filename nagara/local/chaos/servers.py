"""The servers of the proof, each of which can be cut off and brought back: PostgreSQL, Valkey, the counting sink."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from nagara.local import postgres, redis_server
from nagara.local.chaos.counting_sink import received
from nagara.local.children import end_child, start_child
from nagara.local.ports import accepts, free_port
from nagara.local.postgres_programs import find_identity, find_programs

READY_WITHIN_SECONDS = 90.0
STOP_WITHIN_SECONDS = 20.0
LOOK_EVERY_SECONDS = 0.02
BOOK = "received"
"""Where the receiving side writes down what came."""


class Server:
    """A program on fixed ports that is started, cut off by a signal, and started again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        ready: Callable[[], bool],
        log: Path,
        cut_off: signal.Signals = signal.SIGKILL,
        stop: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._name, self._command, self._ready, self._log = name, list(command), ready, log
        self._cut_off, self._stop = cut_off, stop
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers; one that ends at once is tried again until time is up."""
        until = time.monotonic() + READY_WITHIN_SECONDS
        self._child = start_child(self._command, self._log, self._stop)
        while not self._ready():
            if time.monotonic() > until:
                tail = self._log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self._name} does not come back:\n{tail}")
            if self._child.poll() is not None:  # sessions of the one before may still be ending
                time.sleep(0.2)
                self._child = start_child(self._command, self._log, self._stop)
            time.sleep(LOOK_EVERY_SECONDS)

    def cut_off(self) -> None:
        """End it on the spot, without letting it finish anything, and start it again."""
        if self._child is not None:
            self._child.send_signal(self._cut_off)
            self._child.wait(timeout=STOP_WITHIN_SECONDS)
        self.start()

    def stop(self) -> None:
        """End it for good."""
        if self._child is not None:
            end_child(self._child, self._stop, STOP_WITHIN_SECONDS)


def counting_sink(folder: Path) -> tuple[Server, tuple[int, int]]:
    """The receiving side, not started yet, with its book in ``folder``; and its ports for mail and for HTTP."""
    smtp, http = free_port(), free_port()
    command = [sys.executable, "-m", "nagara.local.chaos.counting_sink"]
    command += ["--smtp-port", str(smtp), "--http-port", str(http), "--file", str(folder / BOOK)]
    server = Server(
        "the counting sink", command, lambda: accepts(smtp) and accepts(http), folder / "sink.log"
    )
    return server, (smtp, http)


class Servers:
    """All of them; ``folder`` is theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        identity = find_identity()
        if identity.user is not None:
            folder.chmod(0o711)  # the user PostgreSQL runs as must reach its files
        self.cluster = postgres.prepare(
            find_programs(), identity, folder, free_port(), secrets.token_urlsafe(16)
        )
        kept = redis_server.prepare(
            redis_server.find_program(),
            folder / "redis",
            free_port(),
            secrets.token_urlsafe(16),
            throwaway=True,
        )
        self.redis_url = kept.url
        # SIGQUIT is PostgreSQL's immediate shutdown: no session ends what it does, the next start recovers.
        self.postgres = Server(
            "PostgreSQL",
            self.cluster.command,
            self.cluster.is_ready,
            folder / "postgres.log",
            cut_off=signal.SIGQUIT,
            stop=signal.SIGINT,
        )
        # It keeps nothing on disk: killed, it comes back empty.
        self.redis = Server("Valkey", kept.command, kept.is_ready, folder / "redis.log")
        self.sink, (self.smtp_port, self.http_port) = counting_sink(folder)

    @property
    def database_url(self) -> str:
        """The database as the owner of its tables."""
        return self.cluster.url

    def received(self) -> dict[str, dict[str, int]]:
        """How often the sink was given each key, by the way it came."""
        return {way: dict(keys) for way, keys in received(self.folder / BOOK).items()}

    def flush_redis(self) -> None:
        """Make Valkey forget everything while it runs."""
        with redis.Redis.from_url(self.redis_url, socket_timeout=5) as client:
            client.flushall()

    def waiting_in(self, queue: str) -> int:
        """How many messages nobody has taken from a queue yet."""
        with redis.Redis.from_url(self.redis_url, socket_timeout=1, socket_connect_timeout=1) as client:
            return int(client.llen(queue))

    def owner(self) -> psycopg.Connection[Any]:
        """A connection of the role that owns the tables."""
        return psycopg.connect(self.database_url, autocommit=True, options="-c timezone=UTC")

    def environment(self, city_config: Path) -> dict[str, str]:
        """What the programs run in: these servers, that configuration, and nothing of our own environment's."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("NAGARA_", "PG"))}
        return own | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "NAGARA_DATA": str(self.folder),
            "NAGARA_CITY_CONFIG": str(city_config),
            "NAGARA_SECRET_KEY": secrets.token_urlsafe(32),
            "NAGARA_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "NAGARA_SMS_URL": f"http://127.0.0.1:{self.http_port}/sms",
            "NAGARA_RATE_LIMITS": "off",
            "PYTHONWARNINGS": "ignore:You're running the worker",
            "PYTHONUNBUFFERED": "1",
        }


@contextmanager
def running(folder: Path) -> Iterator[Servers]:
    """All servers, with Nagara's empty database, until the block ends."""
    servers = Servers(folder)
    started: list[Server] = []
    try:
        for server in (servers.postgres, servers.redis, servers.sink):
            started.append(server)
            server.start()
        servers.cluster.ensure_database()
        yield servers
    finally:
        for server in reversed(started):
            server.stop()
