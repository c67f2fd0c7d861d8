"""Everything that runs in earnest, over throw-away servers: API, worker, the hand for escalations, beat, a mail server.

Each is started by the command that ``nagara up`` and docker-compose.yml use. The receiving side of all messages
counts and keeps nothing (``counting_sink.py``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.processor_time import processor_seconds
from bench.servers import API_WORKERS, Measured, api_in_earnest
from nagara.local.children import end_child, start_child
from nagara.local.ports import LOOPBACK, free_port
from nagara.local.processes import Service
from nagara.local.programs import beat_service, urgent_service, worker_service
from nagara.local.throwaway import Throwaway
from nagara.settings import settings

READY_WITHIN_SECONDS = 180.0
READY = b" ready."
"""What a Celery worker says when it takes tasks."""

RINGS = b"this clock rings the timers"


@dataclass(frozen=True, slots=True)
class Sink:
    """The other side of mails and text messages."""

    smtp: int
    http: int
    host: str = LOOPBACK

    def environment(self) -> dict[str, str]:
        """The settings that send everything there."""
        return {
            "NAGARA_SMTP_URL": f"smtp://{self.host}:{self.smtp}",
            "NAGARA_SMS_URL": f"http://{self.host}:{self.http}/sms",
        }

    def counted(self) -> tuple[int, int]:
        """How many messages came, and how many different keys they bore."""
        found: dict[str, Any] = httpx.get(f"http://{self.host}:{self.http}/count", trust_env=False).json()
        return found["messages"], found["keys"]


@dataclass(frozen=True, slots=True)
class Installation:
    """What runs: the API's port and process, and the processes of the time door by name."""

    measured: Measured
    time_door: dict[str, int]
    sink: Sink

    @property
    def port(self) -> int:
        """Where the API listens."""
        return self.measured.port

    def time_door_seconds(self) -> float:
        """Processor time of workers and beat."""
        return sum(map(processor_seconds, self.time_door.values()))


@contextmanager
def counting_sink(host: str = LOOPBACK) -> Iterator[Sink]:
    """The receiving side, until the block ends."""
    sink = Sink(free_port(), free_port(), host)
    command = [sys.executable, "-m", "bench.counting_sink", "--host", host]
    command += ["--smtp", str(sink.smtp), "--http", str(sink.http)]
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: _is_counting(sink), process, None)
        yield sink
    finally:
        process.terminate()
        process.wait()


def _is_counting(sink: Sink) -> bool:
    try:
        return sink.counted() == (0, 0)
    except httpx.TransportError:
        return False


@contextmanager
def installation(services: Throwaway) -> Iterator[Installation]:
    """Everything over these servers, ready, until the block ends; the environment names where messages go."""
    with ExitStack() as stack:
        sink = stack.enter_context(counting_sink())
        os.environ |= sink.environment()
        settings.cache_clear()
        door = {}
        for service in (worker_service(API_WORKERS, os.environ), urgent_service(os.environ)):
            door[service.name] = stack.enter_context(running(service, services.folder, READY)).pid
        beat = beat_service(services.folder, os.environ)
        door[beat.name] = stack.enter_context(running(beat, services.folder, RINGS)).pid
        yield Installation(stack.enter_context(api_in_earnest(services)), door, sink)


@contextmanager
def running(service: Service, folder: Path, says: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """A program that has said so much in its log, until the block ends."""
    log = folder / f"{service.name}.log"
    child = start_child(list(service.command), log, environment=service.environment)
    try:
        wait_until(lambda: says in log.read_bytes(), child, log)
        yield child
    finally:
        end_child(child, signal.SIGTERM, service.stop_within)


def wait_until(
    ready: Callable[[], bool],
    child: subprocess.Popen[bytes],
    log: Path | None,
    within: float = READY_WITHIN_SECONDS,
) -> None:
    """Return once it is ready; raise RuntimeError with the end of its log when it ends or takes too long."""
    deadline = time.monotonic() + within
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-2000:] if log else ""
            raise RuntimeError(f"{child.args!s} is not ready:\n{said}")
        time.sleep(0.1)
