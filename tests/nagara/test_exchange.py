"""Statements sent in one go are one transaction, see one city, and leave a connection that can be used again."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolTimeout

import nagara.exchange
from nagara.database import Pool, app_pool, city_transaction, read_in_city
from nagara.exchange import Lasting, Packed, exchange, numbered_statement

CITY = "select current_setting('nagara.city', true)"
BACKEND = "select pg_backend_pid()"
ACCOUNT = (
    "insert into staff_account (city_id, username, password_hash, role, display_name, active, "
    "must_change_password, created_at) "
    "values ('kh-pnh', %(name)s, '', 'agent', '', true, false, now()) returning username"
)
COUNT = "select count(*) from staff_account"
MISSING = "select no_such_column from staff_account where username = %s"


def with_pool(use: Callable[[Pool], Awaitable[Any]]) -> Any:
    """Run something with a pool of one connection."""

    async def run() -> Any:
        pool = app_pool()
        await pool.open()
        await pool.resize(1, 1)
        try:
            return await use(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def test_values_go_and_come_as_psycopg_has_them(database_url: str) -> None:
    now, id_ = dt.datetime(2026, 5, 4, 3, 2, 1, 7, dt.UTC), uuid.uuid4()
    statement = "select %(at)s::timestamptz, %(id)s::uuid, %(list)s::text[], %(none)s::text, 100 %% 7, %(at)s"
    values = {"at": now, "id": id_, "list": ["a", "ឃ"], "none": None}

    async def use(pool: Pool) -> Any:
        kept = await read_in_city(
            pool, "kh-pnh", (statement, values), ("select %s, %s::jsonb", (1, '{"a": [2]}'))
        )
        again = await read_in_city(pool, "kh-pnh", (statement, values), prepare=False)
        packed = [
            await read_in_city(pool, "kh-pnh", (Packed(statement), values), prepare=prepare)
            for prepare in (True, False)
        ]
        return kept, again, packed

    (first, second), [unkept], packed = with_pool(use)
    assert packed == [[first], [first]]
    assert first == unkept == [(now, id_, ["a", "ឃ"], None, 2, now)]
    assert second == [(1, {"a": [2]})]
    assert numbered_statement("%(b)s %(a)s %(b)s").text == b"$1 $2 $1"


def test_values_that_last_are_the_same_on_every_connection_and_in_every_statement(database_url: str) -> None:
    values = Lasting(
        {"list": [3, 1, 2], "at": dt.datetime(2026, 5, 4, tzinfo=dt.UTC), "word": "ឃ", "none": None}
    )
    asked = "select %(list)s::int[], %(at)s::timestamptz, %(word)s::text, %(none)s::text, pg_backend_pid()"
    other = "select %(word)s::text, %(list)s::int[]"

    async def use(pool: Pool) -> Any:
        found = []
        for size in (1, 2):
            await pool.resize(size, size)
            answers = (
                read_in_city(pool, "kh-pnh", (asked, values), ("select pg_sleep(%s)", (0.3,)))
                for _ in range(2)
            )
            found += [rows for [rows], _ in await asyncio.gather(*answers)]
        return found, await read_in_city(pool, "kh-pnh", (other, values), (asked, values))

    found, [turned, again] = with_pool(use)
    told = ([3, 1, 2], dt.datetime(2026, 5, 4, tzinfo=dt.UTC), "ឃ", None)
    assert {tuple(map(str, row[:4])) for row in [*found, *again]} == {tuple(map(str, told))}
    assert len({row[4] for row in found}) == 2, "two connections"
    assert turned == [("ឃ", [3, 1, 2])]


def test_the_city_holds_for_one_exchange_alone(database_url: str) -> None:
    async def use(pool: Pool) -> Any:
        found = [await read_in_city(pool, city, (CITY, ()), (BACKEND, ())) for city in ("kh-pnh", "th-bkk")]
        async with pool.connection() as connection:
            left = await exchange(connection, [((CITY, ()), False), ((BACKEND, ()), False)])
        return [*found, left]

    first, second, left = with_pool(use)
    assert [one[0] for one in (first, second)] == [[("kh-pnh",)], [("th-bkk",)]]
    assert left[0] in ([("",)], [(None,)])
    assert first[1] == second[1] == left[1], "it was the same connection"


@pytest.mark.parametrize("prepare", [True, False])
def test_what_fails_undoes_all_and_the_connection_goes_on(database_url: str, prepare: bool) -> None:
    async def use(pool: Pool) -> Any:
        [[before]] = await read_in_city(pool, "kh-pnh", (BACKEND, ()))
        for _ in range(2):  # the second time, parts of it may have kept plans
            with pytest.raises(psycopg.errors.UndefinedColumn):
                await read_in_city(
                    pool, "kh-pnh", (ACCOUNT, {"name": "dara"}), (MISSING, ("a",)), prepare=prepare
                )
        with pytest.raises(psycopg.DataError):
            await read_in_city(pool, "kh-pnh", (ACCOUNT, {"name": "\x00"}), prepare=prepare)
        with pytest.raises(psycopg.ProgrammingError, match="takes 1 values, not 2"):
            await read_in_city(pool, "kh-pnh", (MISSING, ("a", "b")), prepare=prepare)
        [[nobody], [after]] = await read_in_city(pool, "kh-pnh", (COUNT, ()), (BACKEND, ()), prepare=prepare)
        [[name]] = await read_in_city(pool, "kh-pnh", (ACCOUNT, {"name": "dara"}), prepare=prepare)
        [[one]] = await read_in_city(pool, "kh-pnh", (COUNT, ()), prepare=prepare)
        return before == after, nobody, name, one

    assert with_pool(use) == (True, (0,), ("dara",), (1,))


def test_a_connection_given_up_in_the_midst_is_not_used_again(database_url: str) -> None:
    async def use(pool: Pool) -> Any:
        [[before]] = await read_in_city(pool, "kh-pnh", (BACKEND, ()))
        waiting = asyncio.create_task(read_in_city(pool, "kh-pnh", ("select pg_sleep(60)", ())))
        async with asyncio.timeout(20):
            while pool.get_stats().get("pool_available", 1):  # noqa: ASYNC110 - the pool tells nobody
                await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        [[found], [city]] = await read_in_city(pool, "th-bkk", (COUNT, ()), (CITY, ()))
        return before, found, city

    _, found, city = with_pool(use)
    assert (found, city) == ((0,), ("th-bkk",))


def test_values_that_cannot_be_sent_leave_no_plan_that_nobody_made(database_url: str) -> None:
    async def use(pool: Pool) -> Any:
        with pytest.raises(psycopg.DataError):
            await read_in_city(pool, "kh-pnh", ("select %s::text", ("a\0b",)))
        return await read_in_city(pool, "kh-pnh", ("select %s::text", ("ab",)))

    assert with_pool(use) == [[("ab",)]]


@pytest.mark.parametrize("told", [True, False])
def test_plans_that_are_gone_are_made_anew(
    database_url: str, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """psycopg lets go of all plans of a connection with what it does next after a rollback; nobody need be told."""
    sent: list[int] = []
    answers = nagara.exchange._answers

    async def counted(*given: Any) -> Any:
        sent.append(1)
        return await answers(*given)

    if not told:
        monkeypatch.setattr("nagara.database.Connection", psycopg.AsyncConnection)

    async def use(pool: Pool) -> Any:
        first = await read_in_city(pool, "kh-pnh", (BACKEND, ()))
        with pytest.raises(ZeroDivisionError):
            async with city_transaction(pool, "kh-pnh") as connection:
                await connection.execute("select 1", prepare=True)
                raise ZeroDivisionError
        async with city_transaction(pool, "kh-pnh") as connection:
            await connection.execute("select 1", prepare=True)
            kept = await (await connection.execute("select count(*) from pg_prepared_statements")).fetchone()
        monkeypatch.setattr("nagara.exchange._answers", counted)
        return first, kept, await read_in_city(pool, "kh-pnh", (BACKEND, ()), (COUNT, ()))

    [[first]], kept, [[again], [count]] = with_pool(use)
    assert len(sent) == (1 if told else 2), "one that is told names no plan that is gone"
    assert first == again
    assert kept is not None
    assert count == (0,)


def test_who_gets_no_connection_does_not_wait_a_second_time(database_url: str) -> None:
    async def use(pool: Pool) -> Any:
        pool.timeout = 0.05
        async with pool.connection():
            before = pool.get_stats().get("requests_num", 0)
            with pytest.raises(PoolTimeout):
                await read_in_city(pool, "kh-pnh", (COUNT, ()))
            return pool.get_stats().get("requests_num", 0) - before

    assert with_pool(use) == 1
