"""The hosts' programs: a proxy, two API hosts, two worker hosts, PostgreSQL and Redis, each started on its own host."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import psycopg

from bench.installation import READY, counting_sink, wait_until
from bench.namespaces import OURS, Hosts
from bench.proxy import in_front
from nagara.local import postgres, redis_server
from nagara.local.children import end_child, start_child
from nagara.local.ports import LOOPBACK
from nagara.local.postgres_programs import find_identity, find_programs
from nagara.local.processes import Service
from nagara.local.programs import api_service, beat_service, urgent_service, worker_service
from nagara.migrations import migrate
from nagara.settings import settings

API_PORT, DATABASE_PORT, REDIS_PORT, PROXY_PORT = 8000, 5432, 6379, 8080
APIS, WORKERS = ("api1", "api2"), ("work1", "work2")
NAMES = ("edge", *APIS, *WORKERS, "database", "redis")


class Site:
    """All programs on their hosts; they end with the stack."""

    def __init__(self, hosts: Hosts, folder: Path, stack: ExitStack) -> None:
        self.hosts, self.folder, self._stack = hosts, folder, stack
        self._waits: list[Callable[[], None]] = []
        self._running: list[Callable[[], int]] = []
        backends = [f"{hosts.address(name)}:{API_PORT}" for name in APIS]
        self.proxy = in_front(f"{hosts.address('edge')}:{PROXY_PORT}", backends, folder)
        self.sink = stack.enter_context(counting_sink(OURS))
        self.database_url, redis_url = self._postgres(), self._redis()
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("NAGARA_", "PG"))
        }
        self.environment = environment | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis_url,
            "NAGARA_SECRET_KEY": secrets.token_urlsafe(32),
            "NAGARA_RATE_LIMITS": "off",
            "NAGARA_TRUSTED_PROXIES": hosts.address("edge"),
            "NAGARA_NOTICE_LEASE_S": "10",
            **self.sink.environment(),
        }
        os.environ.update(self.environment)
        settings.cache_clear()
        migrate(self.database_url)
        stack.callback(self._end)

    def start(self) -> None:
        """Workers, beats and APIs, all at once, and before those that are ready the proxy; returns when it is, too."""
        for name in WORKERS:
            own = self._of(name)
            for service in (worker_service(2, own), urgent_service(own)):
                self._start(name, service, READY)
            self._start(name, beat_service(Path(own["NAGARA_DATA"]), own), b"clock rings")
        for name in APIS:
            service = api_service(API_PORT, 1, self._of(name))
            service = replace(service, command=[_anywhere(part) for part in service.command])
            self._start(name, service, None, f"http://{self.hosts.address(name)}:{API_PORT}/health/ready")
        self._wait()
        proxy = Service("proxy", self.proxy.command, os.environ)
        self._start("edge", proxy, None, f"http://{self.hosts.address('edge')}:{PROXY_PORT}/health/ready")
        self._wait()

    def _end(self) -> None:
        """All but the servers, at once: one after the other they would take longer than the rest of a short bench."""
        with ThreadPoolExecutor(max(1, len(self._running))) as at_once:
            for ended in [at_once.submit(end) for end in self._running]:
                ended.result()

    def _wait(self) -> None:
        while self._waits:
            self._waits.pop()()

    def _of(self, name: str) -> Mapping[str, str]:
        data = self.folder / name
        data.mkdir(exist_ok=True)
        return self.environment | {"NAGARA_DATA": str(data)}

    def _start(self, host: str, service: Service, says: bytes | None, ready: str | None = None) -> None:
        """Begin a program; how to wait for it is kept."""
        log = self.folder / f"{host}-{service.name}.log"
        command = [*self.hosts.on(host), *service.command]
        child = start_child(command, log, environment=service.environment)
        self._running.append(partial(end_child, child, signal.SIGTERM, service.stop_within))

        def is_ready() -> bool:
            return (says is None or says in log.read_bytes()) and (ready is None or _answers(ready))

        self._waits.append(partial(wait_until, is_ready, child, log))

    def _postgres(self) -> str:
        identity = find_identity()
        if identity.user is not None:
            self.folder.chmod(0o711)
        password = secrets.token_urlsafe(16)
        cluster = postgres.prepare(find_programs(), identity, self.folder, DATABASE_PORT, password)
        with (cluster.folder / "pg_hba.conf").open("a") as access:
            access.write("host all all 0.0.0.0/0 scram-sha-256\n")
        url = cluster.url.replace(LOOPBACK, self.hosts.address("database"))
        command = [*self.hosts.on("database"), *cluster.command, "-c", "listen_addresses=*"]
        child = start_child(command, self.folder / "postgres.log", signal.SIGINT)
        self._stack.callback(end_child, child, signal.SIGINT, 20.0)
        first = url.removesuffix("nagara") + "postgres"
        wait_until(lambda: _connects(first), child, self.folder / "postgres.log")
        with psycopg.connect(first, autocommit=True) as connection:
            connection.execute("create database nagara")
        return url

    def _redis(self) -> str:
        password = secrets.token_urlsafe(16)
        server = redis_server.prepare(
            redis_server.find_program(), self.folder / "redis", REDIS_PORT, password, throwaway=True
        )
        file = server.folder / "server.conf"
        file.write_text(file.read_text().replace(f"bind {LOOPBACK}", f"bind {self.hosts.address('redis')}"))
        child = start_child([*self.hosts.on("redis"), *server.command], self.folder / "redis.log")
        self._stack.callback(end_child, child, signal.SIGTERM, 10.0)
        return server.url.replace(LOOPBACK, self.hosts.address("redis"))


def _anywhere(part: str) -> str:
    """A host's API listens on all its addresses."""
    return "0.0.0.0" if part == LOOPBACK else part


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _connects(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False
