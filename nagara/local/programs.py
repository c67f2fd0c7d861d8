"""The programs Nagara consists of and how each is started: the same here and in docker-compose.yml."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from nagara.local.ports import LOOPBACK
from nagara.local.processes import Service


def api_service(port: int, workers: int, environment: Mapping[str, str]) -> Service:
    """The HTTP door. It replaces a process of its own that dies, the supervisor the whole."""
    flags = ["--host", LOOPBACK, "--port", str(port), "--workers", str(workers)]
    return Service(
        name="api",
        command=[sys.executable, "-m", "api.serve", *flags],
        environment=environment,
        ready=answers_ready(port),
        ready_within=300.0,  # it reads every city, and others start beside it
    )


def worker_service(workers: int, environment: Mapping[str, str]) -> Service:
    """The time door's hands. Stopped in the midst of a task it leaves the task to the next start."""
    flags = [
        "--loglevel",
        "info",
        "--concurrency",
        str(workers + 1),  # a long build must not hold up the messages
        "--exclude-queues",
        "events",  # whoever is nudged does not give way, as these do
        "--without-gossip",
        "--without-mingle",
    ]
    return Service(
        name="worker",
        command=[sys.executable, "-m", "celery", "-q", "-A", "workers.app", "worker", *flags],
        # On one's own machine, root is whom one asked to run it; celery need not say so at every start.
        environment={**environment, "PYTHONWARNINGS": "ignore:You're running the worker"},
        stop_within=8.0,
    )


def urgent_service(environment: Mapping[str, str]) -> Service:
    """Hands for what waits for nothing else: one for escalations, one that is nudged after commits."""
    flags = ["--loglevel", "info", "--concurrency", "2", "--queues", "urgent,events"]
    flags += ["--hostname", "urgent@%h"]
    flags += ["--without-gossip", "--without-mingle"]
    return Service(
        name="urgent",
        command=[sys.executable, "-m", "celery", "-q", "-A", "workers.app", "worker", *flags],
        environment={**environment, "PYTHONWARNINGS": "ignore:You're running the worker"},
        stop_within=8.0,
    )


def beat_service(data: Path, environment: Mapping[str, str]) -> Service:
    """The clock. A second one does no harm: it stands by until the first is gone."""
    flags = ["--loglevel", "info", "--schedule", str(data / "beat-schedule"), "--pidfile="]
    return Service(
        name="beat",
        command=[sys.executable, "-m", "celery", "-q", "-A", "workers.app", "beat", *flags],
        environment=environment,
    )


def mail_sink_service(port: int, http_port: int, folder: Path, ready: Callable[[], bool]) -> Service:
    """The demo's other side of every channel, which keeps each message as a file."""
    flags = ["--port", str(port), "--http-port", str(http_port), "--folder", str(folder)]
    return Service(name="mail", command=[sys.executable, "-m", "nagara.local.mail_sink", *flags], ready=ready)


def command_line(*words: str) -> list[str]:
    """A command of Nagara's own command line, in this Python."""
    return [sys.executable, "-m", "nagara.cli.main", *words]


def answers_ready(port: int) -> Callable[[], bool]:
    """A check that the API on `port` says that it and what it needs are ready."""

    def check() -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return check
