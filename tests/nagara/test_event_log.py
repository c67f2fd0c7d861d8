"""The history cannot be changed unseen: the database refuses it, and a walk finds what was forced."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from city_config import City
from nagara.database import app_pool
from nagara.event_log import verify
from nagara.filing.desk import file_request
from nagara.filing.handed_in import Filing


@pytest.fixture
def three_requests(db: psycopg.Connection[Any], phnom_penh: City) -> None:
    """Three requests, each with its first event."""

    async def file_three() -> None:
        async with app_pool() as pool:
            for number in range(3):
                filing = Filing("waste_missed", 11.5696, 104.9210, description=f"number {number} ខ្មែរ")
                await file_request(pool, phnom_penh, filing, b"secret")

    asyncio.run(file_three())


def as_superuser(owner: psycopg.Connection[Any], statement: str) -> None:
    """Do what only somebody with the server in their hands can."""
    owner.execute("set session_replication_role = replica")
    owner.execute(statement)
    owner.execute("set session_replication_role = origin")


def test_an_untouched_history_is_whole(db: psycopg.Connection[Any], three_requests: None) -> None:
    found = verify(db, "kh-pnh")
    assert (found.events, found.requests, found.faults) == (3, 3, ())


@pytest.mark.parametrize(
    "statement", ["update event set kind = 'noted'", "delete from event", "truncate event cascade"]
)
def test_the_database_refuses_to_change_history(
    owner: psycopg.Connection[Any], three_requests: None, statement: str
) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        owner.execute(statement)


def test_time_number_and_chain_are_the_database_s_own(
    owner: psycopg.Connection[Any], three_requests: None
) -> None:
    row = owner.execute(
        "insert into event (city_id, request_id, seq, kind, recorded_at, actor_kind, data, hash) "
        "select city_id, id, 99, 'noted', '2001-01-01', 'staff', '{}', 'forged' from request limit 1 "
        "returning seq, recorded_at > now() - interval '1 minute', hash <> 'forged'"
    ).fetchone()
    assert row == (2, True, True)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ('update event set data = data || \'{"note": "never"}\' where seq = 1', "not what was recorded"),
        ("update event set occurred_at = occurred_at - interval '1 day'", "not what was recorded"),
        ("update event set actor = 'somebody else'", "not what was recorded"),
        ("delete from event where seq = 1", "is missing"),
    ],
)
def test_what_was_forced_is_found(
    owner: psycopg.Connection[Any],
    db: psycopg.Connection[Any],
    three_requests: None,
    statement: str,
    found: str,
) -> None:
    owner.execute(
        "insert into event (city_id, request_id, kind, actor_kind, data) "
        "select city_id, id, 'noted', 'staff', '{}' from request"
    )
    as_superuser(owner, statement)
    faults = verify(db, "kh-pnh").faults
    assert faults
    assert any(found in fault.what for fault in faults)


def test_events_of_one_request_are_numbered_without_gaps(
    owner: psycopg.Connection[Any], db: psycopg.Connection[Any], three_requests: None
) -> None:
    for _ in range(5):
        owner.execute(
            "insert into event (city_id, request_id, kind, actor_kind, data) "
            "select city_id, id, 'noted', 'staff', '{}' from request"
        )
    rows = db.execute("select array_agg(seq order by seq) from event group by request_id").fetchall()
    assert [row[0] for row in rows] == [[1, 2, 3, 4, 5, 6]] * 3
    assert verify(db, "kh-pnh").faults == ()


def test_a_city_sees_its_own_rows_only(database_url: str, three_requests: None) -> None:
    with psycopg.connect(database_url, options="-c role=nagara_app") as connection:
        for city, expected in (("kh-pnh", 3), ("kh-rep", 0), ("", 0)):
            connection.execute("select set_config('nagara.city', %s, true)", (city,))
            for table in ("request", "event", "event_outbox"):
                row = connection.execute(f"select count(*) from {table}").fetchone()
                assert row == (expected,), (city, table)
        connection.execute("select set_config('nagara.city', 'kh-rep', true)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "insert into event_outbox values ('kh-pnh', '00000000-0000-7000-8000-000000000000', 1)"
            )


@pytest.mark.parametrize("role", ["nagara_app", "nagara_clock"])
@pytest.mark.parametrize(
    "statement",
    [
        "update event set kind = 'noted'",
        "delete from request",
        "drop table event",
        "alter table event disable trigger all",
        "create table mine (a int)",
    ],
)
def test_no_door_may_touch_the_walls(database_url: str, role: str, statement: str) -> None:
    with (
        psycopg.connect(database_url, options=f"-c role={role}") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
