"""What tests stand on: real servers started once, the real migrations, an empty database for each test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from xdist.scheduler import LoadScopeScheduling

from city_config import City
from nagara.local.children import child_options, end_child
from nagara.local.ports import free_port
from nagara.local.throwaway import Throwaway, throwaway_services

REPOSITORY = Path(__file__).resolve().parent.parent
READY_WITHIN_SECONDS = 480.0
"""It starts seven programs one after the other, and loads itself with thousands of requests."""
STOPS_WITHIN_SECONDS = 120.0
OF_THE_DEMO = ("tests/browser/", "tests/journeys/")
"""Where tests use the whole demo."""


class OneDemo(LoadScopeScheduling):  # type: ignore[misc]  # it comes without types
    """Gives all tests of the demo to one process, which starts it once, and every other test to who is free."""

    def _split_scope(self, nodeid: str) -> str:
        return "demo" if nodeid.startswith(OF_THE_DEMO) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneDemo:
    """Names of groups as xdist has them are not seen by the present pytest."""
    return OneDemo(config, log)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Throwaway]:
    """A private PostgreSQL and Valkey, migrated, with the environment pointing at them."""
    with throwaway_services() as running:
        os.environ |= {
            "DATABASE_URL": running.database_url,
            "REDIS_URL": running.redis_url,
            "NAGARA_DEMO": "1",
            "NAGARA_DATA": str(tmp_path_factory.mktemp("data")),
            "NAGARA_OUTBOX_DIR": str(tmp_path_factory.mktemp("outbox")),
        }
        from nagara.database import engine
        from nagara.migrations import migrate
        from nagara.settings import settings

        settings.cache_clear()  # whatever read them before had other servers in mind
        engine.cache_clear()
        migrate(running.database_url)
        with quick_passwords():
            yield running


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Let argon2id take the least it can: in earnest each password costs 0.2 s of processor, and each sign-in again.

    What it takes in earnest is asked in ``tests/nagara/accounts``, and by every program that tests start.
    """
    from nagara.accounts import passwords

    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", quick)
        patch.setattr(passwords, "_nobody", quick.hash("no such account"))
        yield


class Emptying:
    """Empties the database, over one connection that is kept: a new one learns 80 tables anew for each test."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def __call__(self) -> None:
        """Leave no row. Where a test cut the connection, over a new one."""
        try:
            self._owner().execute(EMPTIED)
        except psycopg.OperationalError:
            self.close()
            self._owner().execute(EMPTIED)

    def _owner(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            # The event log refuses DELETE; a replica applies what the primary did without asking triggers.
            options = "-c session_replication_role=replica"
            self._connection = psycopg.connect(self._url, autocommit=True, options=options)
        return self._connection

    def close(self) -> None:
        """Hold no connection, as whoever copies the database needs it; the next test makes a new one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@pytest.fixture(scope="session")
def emptying(services: Throwaway) -> Iterator[Emptying]:
    """What makes the database empty for each test."""
    emptying = Emptying(services.database_url)
    yield emptying
    emptying.close()


@pytest.fixture
def database_url(services: Throwaway, emptying: Emptying) -> str:
    """The address of a migrated database without a row."""
    emptying()
    return services.database_url


EMPTIED = """
do $$
declare
    named regclass;
    found boolean;
begin
    for named in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
                                            and relname <> 'alembic_version' loop
        execute format('select exists (select from %s)', named) into found;
        if found and (pg_relation_size(named) > 1000000 or named = 'map_change'::regclass) then
            execute format('truncate %s cascade', named);
        elsif found then
            execute format('delete from %s', named);
        end if;
    end loop;
end $$
"""
"""Few tables have rows after a test, and few rows: deleting those takes a fifth of truncating every table. No trigger
tells what is deleted here; that the changes of the map lie in another file tells whoever keeps drawings of it."""


@pytest.fixture
def db(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the time door (all cities) to an empty, migrated database."""
    with psycopg.connect(database_url, options="-c role=nagara_clock -c timezone=UTC") as connection:
        yield connection


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role that owns the tables, past row-level security."""
    with psycopg.connect(database_url, autocommit=True, options="-c timezone=UTC") as connection:
        yield connection


@pytest.fixture(scope="session")
def phnom_penh() -> City:
    """The city of Phnom Penh as configured."""
    from nagara.cities import city_of

    os.environ.setdefault("NAGARA_DEMO", "1")
    return city_of("kh-pnh")


class Live(str):
    """The address of a running demo; ``pid`` is its supervisor, ``log`` what it printed."""

    __slots__ = ("data", "log", "pid")
    pid: int
    log: Path
    data: Path


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The whole demo - servers, API, worker, beat, mail sink - in a folder of its own; yields its address.

    Tests that use it stand in ``tests/browser`` or ``tests/journeys``: one process starts it once for all.
    """
    folder = tmp_path_factory.mktemp("demo")
    port = free_port()
    log = (folder / "up.log").open("wb")
    clean = {
        k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL") and "NAGARA_" not in k
    }
    command = [
        sys.executable,
        "-m",
        "nagara.cli.main",
        "up",
        "--demo",
        "--port",
        str(port),
        "--data",
        str(folder / "d"),
    ]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=clean | {"NAGARA_RATE_LIMITS": "off"},
        stdout=log,
        stderr=log,
        **child_options(signal.SIGTERM),
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, process, folder / "up.log")
        live = Live(url)
        live.pid, live.log, live.data = process.pid, folder / "up.log", folder / "d"
        yield live
    finally:
        end_child(process, signal.SIGTERM, STOPS_WITHIN_SECONDS)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once ``ready`` was printed; fail with the end of the log if it never is."""
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if f"ready {url}" in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    pytest.fail("the demo did not become ready:\n" + log.read_text(errors="replace")[-4000:])
