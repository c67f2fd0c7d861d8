"""The connection a worker process keeps: the same from task to task, a transaction each, another after it broke."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from celery._state import _task_stack

from workers import connections
from workers.connections import kept_connection, kept_for_builds, kept_transaction

Connection = psycopg.Connection[Any]


@pytest.fixture
def in_a_worker(database_url: str) -> Iterator[None]:
    """As while a worker runs a task; what the process keeps is let go of afterwards."""
    from workers.app import app  # it reads the settings, which the database must have made

    app.loader.import_default_modules()
    task = app.tasks["notifications.compose"]
    _task_stack.push(task)
    task.push_request(is_eager=False)
    try:
        assert connections.in_a_worker()
        yield
    finally:
        task.pop_request()
        _task_stack.pop()
        connections._kept.close()
        connections._building.close()


def backend() -> int:
    """Which server process serves the transaction."""
    with kept_transaction() as connection:
        return connection.info.backend_pid


def test_it_is_the_same_from_task_to_task(in_a_worker: None) -> None:
    assert backend() == backend()


def test_what_fails_leaves_nothing_behind(in_a_worker: None, owner: Connection) -> None:
    write = (
        "insert into timer_run (task, begun_at, ended_at, ok, failures) values (%s, now(), now(), true, 0)"
    )
    with kept_transaction() as connection:
        connection.execute(write, ("kept",))
    with pytest.raises(ZeroDivisionError), kept_transaction() as connection:
        connection.execute(write, ("left",))
        raise ZeroDivisionError
    assert owner.execute("select task from timer_run where task in ('kept', 'left')").fetchall() == [
        ("kept",)
    ]
    assert backend(), "and the connection goes on"


def test_after_it_broke_the_next_task_has_another(in_a_worker: None, owner: Connection) -> None:
    first = backend()
    owner.execute("select pg_terminate_backend(%s, 10000)", (first,))
    with pytest.raises(psycopg.OperationalError), kept_transaction() as connection:
        connection.execute("select 1")
    assert backend() != first


def test_what_was_left_in_the_midst_of_something_is_not_gone_on_with(in_a_worker: None) -> None:
    """As when the time of a task is over while it rolls back."""
    for kept in (kept_transaction, kept_for_builds, kept_connection):
        with kept() as connection:
            left = connection.info.backend_pid
        connection.execute("begin")
        with kept() as connection:
            assert connection.info.backend_pid != left


def test_builds_have_one_of_their_own_until_one_fails(in_a_worker: None, owner: Connection) -> None:
    def builder() -> int:
        with kept_for_builds() as connection:
            return connection.info.backend_pid

    first = builder()
    assert (builder(), first == backend()) == (first, False)
    with pytest.raises(ZeroDivisionError), kept_for_builds() as connection:
        connection.execute("select pg_advisory_lock(7, 7)")
        raise ZeroDivisionError
    assert connection.closed
    assert builder() != first
    owner.execute("select pg_advisory_lock(7, 7), pg_advisory_unlock(7, 7)")


def test_without_a_worker_nothing_is_kept(database_url: str) -> None:
    assert not connections.in_a_worker()
    for kept in (kept_transaction, kept_for_builds, kept_connection):
        with kept() as connection:
            connection.execute("select 1")
        assert connection.closed


def test_what_fails_within_takes_nothing_else_along(in_a_worker: None, owner: Connection) -> None:
    write = (
        "insert into timer_run (task, begun_at, ended_at, ok, failures) values (%s, now(), now(), true, 0)"
    )
    with kept_transaction() as connection:
        connection.execute(write, ("before",))
        with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
            connection.execute(write, ("within",))
            connection.execute(write, ("before",))  # met where the inner one ends, for nobody looked before
        connection.execute(write, ("after",))
    tasks = "select task from timer_run where task in ('before', 'within', 'after') order by task"
    assert owner.execute(tasks).fetchall() == [("after",), ("before",)]


def test_a_timer_has_the_same_connection_commits_and_holds_nothing_after_an_error(
    in_a_worker: None, owner: Connection
) -> None:
    write = (
        "insert into timer_run (task, begun_at, ended_at, ok, failures) values (%s, now(), now(), true, 0)"
    )
    first = backend()
    with kept_connection() as connection:
        assert connection.info.backend_pid == first
        connection.execute(write, ("begun",))
    with pytest.raises(ZeroDivisionError), kept_connection() as connection:
        connection.execute("select pg_advisory_lock(7, 7)")
        connection.commit()
        connection.execute(write, ("undone",))
        raise ZeroDivisionError
    assert connection.closed, "a lock of the session goes with it"
    tasks = "select task from timer_run where task in ('begun', 'undone')"
    assert owner.execute(tasks).fetchall() == [("begun",)]
    with kept_transaction() as connection:
        assert connection.autocommit, "what comes next begins its own transaction"
