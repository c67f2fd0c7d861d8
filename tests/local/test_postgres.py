from __future__ import annotations

import contextlib
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from nagara.local import postgres
from nagara.local.children import end_child, start_child
from nagara.local.ports import free_port
from nagara.local.postgres_programs import NOBODY, Identity, Programs, find_identity, find_programs
from tests.local.waiting import IS_ROOT
from tests.waiting import PATIENCE_SECONDS, wait_until

AT_WORK = "select count(*) from pg_stat_activity where state = 'active' and query like 'select sum%'"


def made(folder: Path, identity: Identity | None = None, *, throwaway: bool = True) -> postgres.Cluster:
    return postgres.prepare(
        find_programs(), identity or find_identity(), folder, free_port(), "secret", throwaway=throwaway
    )


def test_a_killed_server_keeps_every_committed_row(tmp_path: Path) -> None:
    """Also while a session is busy: it ends its statement first, and a new server waits for that."""
    cluster = made(tmp_path, throwaway=False)
    log = tmp_path / "log"
    server = start_child(cluster.command, log, signal.SIGINT)
    try:
        wait_until(cluster.is_ready, "the server is ready")
        cluster.ensure_database()
        cluster.ensure_database()  # the second time there is nothing to do
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute("create table kept (n int)")
            connection.execute("insert into kept select generate_series(1, 1000)")
            with psycopg.connect(cluster.url, autocommit=True) as busy, ThreadPoolExecutor() as pool:
                at_work = pool.submit(busy.execute, "select sum(n) from generate_series(1, 6000000) n")
                wait_until(lambda: connection.execute(AT_WORK).fetchone() == (1,), "a session is busy")
                server.kill()
                server.wait()
                server = start_child(cluster.command, log, signal.SIGINT)
                with contextlib.suppress(psycopg.OperationalError):
                    at_work.result()

        def back() -> bool:
            nonlocal server
            if server.poll() is not None:  # refused, because an old session was still ending
                server = start_child(cluster.command, log, signal.SIGINT)
            return cluster.is_ready()

        wait_until(back, "the server is back")
        with psycopg.connect(cluster.url) as connection:
            row = connection.execute("select count(*) from kept").fetchone()
        assert row == (1000,)
    finally:
        assert end_child(server, signal.SIGINT, PATIENCE_SECONDS) == 0


def test_only_the_password_opens_it_and_text_has_rules_of_its_own(tmp_path: Path) -> None:
    cluster = made(tmp_path)
    server = start_child(cluster.command, tmp_path / "log", signal.SIGINT)
    try:
        wait_until(cluster.is_ready, "the server is ready")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(cluster.url_of("postgres").replace("secret", "guess"))
        with psycopg.connect(cluster.url_of("postgres")) as connection:
            row = connection.execute("select upper('đường'), getdatabaseencoding()").fetchone()
        assert row == ("ĐƯỜNG", "UTF8")
        assert not list(tmp_path.glob("*.password"))
    finally:
        end_child(server, signal.SIGINT, 20)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_root_without_namespaces_runs_it_as_nobody(tmp_path: Path) -> None:
    home = postgres.reachable_home(tmp_path / "behind" / "closed" / "doors", Identity(NOBODY, user="nobody"))
    assert home.parent == Path("/var/lib")
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        folder.chmod(0o711)
        cluster = made(folder, Identity(NOBODY, user="nobody"))
        server = start_child(cluster.command, folder / "log", signal.SIGINT)
        try:
            wait_until(cluster.is_ready, "the server is ready")
            assert cluster.folder.owner() == "nobody"
        finally:
            end_child(server, signal.SIGINT, 20)


def test_an_interrupted_first_start_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.unfinished").mkdir()
    (tmp_path / "postgres.unfinished" / "half").touch()
    assert (made(tmp_path).folder / "PG_VERSION").exists()
    assert not (tmp_path / "postgres.unfinished").exists()


def test_data_of_another_major_version_is_not_touched_and_the_way_out_is_said(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(postgres.ClusterUnusable, match=r"made by PostgreSQL 14; .*pg_dumpall"):
        made(tmp_path)


def test_a_folder_that_cannot_be_made_says_what_postgres_said(tmp_path: Path) -> None:
    broken = Programs(tmp_path / "nowhere", find_programs().major)
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "initdb").write_text("#!/bin/sh\necho no space left on device >&2\nexit 1\n")
    (tmp_path / "nowhere" / "initdb").chmod(0o755)
    with pytest.raises(postgres.ClusterUnusable, match="no space left on device"):
        postgres.prepare(broken, Identity(), tmp_path / "home", 1, "secret")
    assert not (tmp_path / "home" / "postgres").exists()
