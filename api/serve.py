"""Serves the API: `python -m api.serve --host 127.0.0.1 --port 8000 --workers 2`, a process a core.

Each process listens for itself on the shared port (SO_REUSEPORT), so that the kernel spreads connections over them. One
that dies is replaced; meanwhile new connections go to the others.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import multiprocessing
import resource
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType

import uvicorn

from api.connection import MOST_CONNECTIONS, Connection
from nagara import logs
from nagara.local.children import die_with

APPLICATION = "api.app:app"
BACKLOG = 1024
FILES = MOST_CONNECTIONS + 500
"""Connections, and what the application opens itself: databases, Redis, pictures."""

GONE_AFTER_S = 120
KEEP_ALIVE_S = 75
"""Longer than the minute for which common proxies keep a connection: who closes first loses a request."""

STOP_WITHIN_S = 5
CLOSED_WITHIN_S = 3
"""What is written by then goes to the database, and what is open is closed."""

AGAIN_AFTER_S, FAILED_AGAIN_AFTER_S = 0.1, 3.0
MOST_FAILED = 6
"""Processes in a row that ended before they listened."""

CHECK_EVERY_S = 0.5
log = logging.getLogger("api.serve")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the exit code is not 0 where the application cannot start."""
    parser = argparse.ArgumentParser(prog="python -m api.serve", description="Serve the API over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="its port (default 8000)")
    parser.add_argument("--workers", type=int, default=1, help="processes, one a core (default 1)")
    given = parser.parse_args(arguments)
    if given.workers < 1:
        parser.error("--workers: at least 1")
    logs.configure()
    _allow_files()
    try:
        held = _bound(given.host, given.port)  # nobody else takes the port while a process is replaced
    except OSError as error:
        parser.exit(1, f"cannot listen at {given.host}:{given.port}: {error.strerror}\n")
    with held:
        return _Workers(given.host, given.port, given.workers).keep()


@dataclass(frozen=True)
class _Worker:
    """A process, and whether it ever listened."""

    process: SpawnProcess
    served: ctypes.c_bool

    @property
    def failed_to_start(self) -> bool:
        """It ended by itself before it listened; whom a signal ended may do better the next time."""
        return not self.served.value and (self.process.exitcode or 0) > 0


class _Workers:
    """The processes that serve."""

    def __init__(self, host: str, port: int, count: int) -> None:
        self._address, self._count = (host, port), count
        self._running: list[_Worker] = []
        self._failed = 0
        self._stopping = False

    def keep(self) -> int:
        """Start them and replace what ends, until told to stop; the exit code."""
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, self._stop)
        log.info("serving at http://%s:%d with %d processes", *self._address, self._count)
        try:
            while not self._stopping:
                while len(self._running) < self._count and not self._stopping:
                    self._running.append(self._start())
                wait([one.process.sentinel for one in self._running], CHECK_EVERY_S)
                for ended in [one for one in self._running if one.process.exitcode is not None]:
                    self._running.remove(ended)
                    self._failed = 0 if ended.served.value else self._failed + 1
                    hopeless = ended.failed_to_start or self._failed >= MOST_FAILED
                    if hopeless and not any(one.served.value for one in self._running):
                        log.error("the API cannot start; the lines above say why")
                        return max(1, ended.process.exitcode or 1)
                    if not self._stopping:
                        self._say_and_wait(ended)
        finally:
            self._end_all()
        return 0

    def _say_and_wait(self, ended: _Worker) -> None:
        process = ended.process
        log.warning("process %s ended with %s; another takes its place", process.pid, process.exitcode)
        time.sleep(AGAIN_AFTER_S if ended.served.value else FAILED_AGAIN_AFTER_S)

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        served = context.RawValue(ctypes.c_bool, False)
        process = context.Process(target=_serve, args=(*self._address, served), name="api")
        process.start()
        return _Worker(process, served)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _end_all(self) -> None:
        processes = [one.process for one in self._running]
        for one in processes:
            one.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S + CLOSED_WITHIN_S
        for one in processes:
            one.join(max(0.0, deadline - time.monotonic()))
            if one.exitcode is None:
                log.warning("process %s does not end; it is killed", one.pid)
                one.kill()
                one.join()


def _serve(host: str, port: int, served: ctypes.c_bool) -> None:
    """One process: it listens once the application has started."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with(parent.pid, signal.SIGTERM)
    logs.configure()
    # What strangers send that is no HTTP is answered, and no line of the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = uvicorn.Config(
        APPLICATION,
        interface="asgi3",
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # whom to believe is the application's to say
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    with _bound(host, port) as listening, suppress(KeyboardInterrupt):  # which uvicorn raises again
        _Server(config, served).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, served: ctypes.c_bool) -> None:
        super().__init__(config)
        self._served = served

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then listen."""
        await super().startup(sockets)
        self._served.value = self.started


def _bound(host: str, port: int) -> socket.socket:
    """A socket with the address, which does not listen yet."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # What is accepted inherits these: whoever vanished, or takes no byte of an answer, is given up.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, GONE_AFTER_S // 2)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, GONE_AFTER_S // 8)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_AFTER_S * 1000)
        made.bind((host, port))
    except BaseException:
        made.close()
        raise
    return made


def _allow_files() -> None:
    """Open files up to what all connections need, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


if __name__ == "__main__":
    sys.exit(main())
