"""Reads asked for at one moment share a transaction, never a city, and what is wrong with one is no other's fault."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolClosed

from nagara.database import Pool
from nagara.errors import DatabaseUnavailable
from nagara.exchange import Question
from nagara.read_together import MOST_TOGETHER, read_together
from tests.nagara.test_filing_together import over_a_pool

CITY, OTHER = "kh-pnh", "kh-rep"
WHEN: Question = ("select current_setting('nagara.city'), now(), %s::int", (7,))
FAULT: Question = ("select 1 / %s::int", (0,))


def numbered(number: int) -> Question:
    return WHEN[0], (number,)


@pytest.fixture(autouse=True)
def _database(database_url: str) -> None:
    """A migrated database."""


def test_what_is_asked_at_one_moment_is_one_transaction_and_each_gets_their_own() -> None:
    async def ask(pool: Pool) -> Any:
        first = await asyncio.gather(*(read_together(pool, CITY, numbered(one)) for one in range(5)))
        two = await read_together(pool, CITY, numbered(8), numbered(9))
        return first, two

    first, two = over_a_pool(ask)
    rows = [row for [[row]] in first]
    assert [(city, number) for city, _, number in rows] == [(CITY, number) for number in range(5)]
    assert len({began for _, began, _ in rows}) == 1
    assert [number for [(_, _, number)] in two] == [8, 9]
    assert two[0][0][1] > rows[0][1], "later is another one"


def test_the_very_same_question_is_asked_once() -> None:
    drawn: Question = ("select gen_random_uuid(), %s::int", (1,))

    async def ask(pool: Pool) -> Any:
        return await asyncio.gather(
            read_together(pool, CITY, drawn, WHEN),
            read_together(pool, CITY, (drawn[0], (1,))),
            read_together(pool, CITY, drawn),
        )

    [one, _], [another], [same] = over_a_pool(ask)
    assert one == same != another


def test_cities_never_share_a_transaction() -> None:
    async def ask(pool: Pool) -> Any:
        return await asyncio.gather(*(read_together(pool, city, WHEN) for city in (CITY, OTHER) * 3))

    rows = [row for [[row]] in over_a_pool(ask)]
    assert [city for city, *_ in rows] == [CITY, OTHER] * 3
    assert len({(city, began) for city, began, _ in rows}) == 2


def test_very_many_go_in_several() -> None:
    async def ask(pool: Pool) -> Any:
        return await asyncio.gather(
            *(read_together(pool, CITY, numbered(one)) for one in range(2 * MOST_TOGETHER + 1))
        )

    rows = [row for [[row]] in over_a_pool(ask)]
    assert [number for *_, number in rows] == list(range(2 * MOST_TOGETHER + 1))
    assert len({began for _, began, _ in rows}) == 3


def test_one_calls_fault_is_its_own() -> None:
    async def ask(pool: Pool) -> Any:
        asked = [numbered(1), FAULT, numbered(2)]
        return await asyncio.gather(
            *(read_together(pool, CITY, one) for one in asked), return_exceptions=True
        )

    one, fault, two = over_a_pool(ask)
    assert isinstance(fault, psycopg.errors.DivisionByZero)
    assert (one[0][0][2], two[0][0][2]) == (1, 2)


def test_nothing_waits_for_what_is_under_way() -> None:
    async def ask(pool: Pool) -> Any:
        slow = asyncio.create_task(read_together(pool, CITY, ("select pg_sleep(%s)", (2.0,))))
        await asyncio.sleep(0.2)
        await read_together(pool, CITY, WHEN)
        return slow.done(), await slow

    done, _ = over_a_pool(ask)
    assert not done


def test_whoever_goes_away_takes_nobody_along() -> None:
    async def ask(pool: Pool) -> Any:
        asked = [asyncio.create_task(read_together(pool, CITY, numbered(one))) for one in range(3)]
        await asyncio.sleep(0)
        asked[0].cancel()
        return await asyncio.gather(*asked, return_exceptions=True)

    gone, *others = over_a_pool(ask)
    assert isinstance(gone, asyncio.CancelledError)
    assert [rows[0][0][2] for rows in others] == [1, 2]


def test_whoever_waits_when_the_server_is_stopped_is_told() -> None:
    async def ask(pool: Pool) -> Any:
        await read_together(pool, CITY, WHEN)
        before = asyncio.all_tasks()
        asked = asyncio.create_task(read_together(pool, CITY, ("select pg_sleep(%s)", (60.0,))))
        await asyncio.sleep(0.2)
        for reading in asyncio.all_tasks() - before - {asked}:
            reading.cancel()
        early = [asyncio.create_task(read_together(pool, CITY, WHEN)) for _ in range(2)]
        await asyncio.sleep(0)
        for reading in asyncio.all_tasks() - before - {asked, *early}:
            reading.cancel()
        found = await asyncio.gather(asked, *early, return_exceptions=True)
        return found, await read_together(pool, CITY, WHEN)

    told, after = over_a_pool(ask)
    assert [type(one) for one in told] == [DatabaseUnavailable] * 3, (
        "also who waited for a reading that never began"
    )
    assert after[0][0][2] == 7


def test_where_nobody_can_be_answered_all_are_told_at_once() -> None:
    async def ask(pool: Pool) -> Any:
        await pool.close()
        return await asyncio.gather(
            *(read_together(pool, CITY, WHEN) for _ in range(3)), return_exceptions=True
        )

    found = over_a_pool(ask)
    assert [type(one) for one in found] == [PoolClosed] * 3
