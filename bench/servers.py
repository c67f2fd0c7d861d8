"""What is measured: throw-away servers that write as safely as in earnest, and the API as it really runs."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bench.processor_time import processor_seconds
from nagara.local.children import end_child, start_child
from nagara.local.ports import LOOPBACK, free_port
from nagara.local.programs import api_service
from nagara.local.throwaway import Throwaway, throwaway_services
from nagara.migrations import migrate

API_WORKERS = 2
READY_WITHIN_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the API and its database are, and how much processor time they have used so far."""

    port: int
    api_process: int
    services: Throwaway

    @property
    def database_url(self) -> str:
        """The database, as the owner of its tables."""
        return self.services.database_url

    def api_seconds(self) -> float:
        """Processor time of the API."""
        return processor_seconds(self.api_process)

    def database_seconds(self) -> float:
        """Processor time of PostgreSQL with all its processes."""
        return database_seconds(self.services)


def database_seconds(services: Throwaway) -> float:
    """Processor time of PostgreSQL with all its processes."""
    server = (services.cluster.folder / "postmaster.pid").read_text().splitlines()[0]
    return processor_seconds(int(server))


@contextmanager
def database_in_earnest(also: Mapping[str, str] | None = None) -> Iterator[Throwaway]:
    """A private PostgreSQL that waits for the disk, migrated, and Valkey; the environment points at them.

    ``also``: settings of the server that a bench needs besides those of every installation.
    """
    with throwaway_services(durable=True, also=also) as services:
        os.environ |= {
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "NAGARA_SECRET_KEY": secrets.token_urlsafe(32),
            "NAGARA_RATE_LIMITS": "on",
            "NAGARA_TRUSTED_PROXIES": LOOPBACK,  # whose word for where a resident comes from is taken
            "NAGARA_DATA": str(services.folder),
        }
        migrate(services.database_url)
        yield services


@contextmanager
def api_in_earnest(services: Throwaway) -> Iterator[Measured]:
    """The API as `nagara up` starts it, over these servers, until the block ends."""
    port = free_port()
    service = api_service(port, API_WORKERS, os.environ)
    log = services.folder / "api.log"
    child = start_child(list(service.command), log)
    try:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while service.ready is None or not service.ready():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the API does not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield Measured(port, child.pid, services)
    finally:
        end_child(child, signal.SIGTERM, service.stop_within)
