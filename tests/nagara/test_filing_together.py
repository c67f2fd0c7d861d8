"""Reports that arrive together are written together, and none is the worse for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import psycopg
import pytest
import uvloop

from city_config import City
from nagara.cities import city_of
from nagara.database import Pool, app_pool, read_surely
from nagara.errors import ContactBlocked, DatabaseUnavailable, ReplayedWithOtherBody, UnknownService
from nagara.event_log import verify
from nagara.filing import together
from nagara.filing.desk import all_written, file_request
from nagara.filing.handed_in import Filing
from nagara.filing.intake import Filed
from nagara.residents.contact_digests import digests_of

SECRET = b"secret"
MANY, WITHIN_SECONDS = 12, 120
WAITING = (
    "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%json_to_recordset%'"
)


def report(city: City, **fields: Any) -> Filing:
    """A report at the city's centre."""
    centre = city.map.centre
    values: dict[str, Any] = {"service_code": "waste_missed", "lat": centre.lat, "lon": centre.lon, **fields}
    return Filing(**values)


def over_a_pool(use: Callable[[Pool], Awaitable[Any]]) -> Any:
    """Run something with a pool of the application's own kind, on its loop."""

    async def run() -> Any:
        async with app_pool() as pool:
            return await use(pool)

    return uvloop.run(asyncio.wait_for(run(), WITHIN_SECONDS))


def at_once(filings: Sequence[tuple[City, Filing]]) -> list[Filed | BaseException]:
    """What becomes of reports that are handed in at the same moment."""

    async def use(pool: Pool) -> list[Filed | BaseException]:
        handed_in = (file_request(pool, city, filing, SECRET) for city, filing in filings)
        return await asyncio.gather(*handed_in, return_exceptions=True)

    found: list[Filed | BaseException] = over_a_pool(use)
    return found


def stored(owner: psycopg.Connection[Any]) -> int:
    """How many requests there are."""
    row = owner.execute("select count(*) from request").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def writing_held_up(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """Nobody can write a request until the block ends."""
    with owner.transaction():
        owner.execute("lock table request in share row exclusive mode")
        yield


def waiting_at_the_table(owner: psycopg.Connection[Any]) -> list[int]:
    """The server's processes that wait to write requests."""
    owner.execute("select pg_stat_clear_snapshot()")
    return [pid for (pid,) in owner.execute(WAITING)]


async def end_connections(pool: Pool, owner: psycopg.Connection[Any]) -> None:
    """End all connections of a pool that is at rest, so that each breaks when it is used."""
    number = pool.get_stats()["pool_size"]
    # No more than there are; a larger least size would open further ones.
    await pool.resize(pool.min_size, number)
    async with AsyncExitStack() as lent:
        connections = [await lent.enter_async_context(pool.connection()) for _ in range(number)]
    for connection in connections:
        owner.execute("select pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))


def test_a_batch_is_of_one_city_and_its_histories_are_whole(
    owner: psycopg.Connection[Any], db: psycopg.Connection[Any]
) -> None:
    cities = [city_of("kh-pnh"), city_of("th-bkk")]
    handed_in = [(city, report(city, description=f"{n} ខ្មែរ")) for n in range(MANY) for city in cities]
    filed = at_once(handed_in)
    references = {one.reference for one in filed if isinstance(one, Filed)}
    assert len(references) == 2 * MANY
    batches = owner.execute(
        "select array_agg(distinct city_id), array_agg(distinct received_at), count(*) from request group by xmin::text"
    ).fetchall()
    assert all(len(of) == len(at) == 1 for of, at, _ in batches), "one city, one moment"
    assert len(batches) < MANY < sum(count for *_, count in batches), "they went together"
    for (city, filing), answer in zip(handed_in, filed, strict=True):
        assert isinstance(answer, Filed)
        row = owner.execute(
            "select city_id, description, received_at, resolve_by, department from request where reference = %s",
            (answer.reference,),
        ).fetchone()
        told = (answer.received_at, answer.times.resolve_by, answer.department)
        assert row == (city.id, filing.description, *told), "each caller was told of its own"
    for city in cities:
        found = verify(db, city.id)
        assert (found.events, found.requests, found.faults) == (MANY, MANY, ())
    row = owner.execute("select count(*) from event_outbox").fetchone()
    assert row == (2 * MANY,), "of each somebody is to be told"


def test_what_is_refused_among_others_harms_none(owner: psycopg.Connection[Any]) -> None:
    city = city_of("kh-pnh")
    [before] = at_once([(city, report(city, idempotency_key="taken"))])
    assert isinstance(before, Filed)
    digest = digests_of(SECRET, city, {"email": "blocked@example.org"})["email_digest"]
    owner.execute(
        "insert into contact_block (city_id, id, digest, reason, request_id, blocked_by, created_at, expires_at) "
        "values (%s, gen_random_uuid(), %s, 'spam', %s, 'supervisor', now(), now() + interval '1 day')",
        (city.id, digest, before.id),
    )
    bad: list[tuple[Filing, type[Exception]]] = [
        (report(city, service_code="no_such_service"), UnknownService),
        (report(city, idempotency_key="taken", description="another"), ReplayedWithOtherBody),
        (report(city, contact={"email": "blocked@example.org"}), ContactBlocked),
        (report(city, idempotency_key="nothing\x00stores this"), psycopg.DataError),
    ]
    good = [report(city, description=f"{n}", contact={"email": f"{n}@example.org"}) for n in range(MANY)]
    filings = [*good[:6], *(filing for filing, _ in bad), *good[6:]]
    answers = dict(zip(map(id, filings), at_once([(city, filing) for filing in filings]), strict=True))
    for filing, error in bad:
        assert isinstance(answers[id(filing)], error), answers[id(filing)]
    assert all(isinstance(answers[id(filing)], Filed) for filing in good)
    assert stored(owner) == 1 + MANY
    row = owner.execute("select count(*) from contact where sealed is not null").fetchone()
    assert row == (MANY,)


def test_one_key_at_once_is_one_request(owner: psycopg.Connection[Any]) -> None:
    city = city_of("kh-pnh")
    filed = at_once([(city, report(city, idempotency_key="the same")) for _ in range(MANY)])
    assert {one.reference for one in filed if isinstance(one, Filed)} == {
        row[0] for row in owner.execute("select reference from request")
    }
    assert sorted(one.replayed for one in filed if isinstance(one, Filed)) == [False] + [True] * (MANY - 1)


def test_a_connection_that_dies_before_the_commit_is_no_success(owner: psycopg.Connection[Any]) -> None:
    city = city_of("kh-pnh")

    async def use(pool: Pool) -> list[Filed | BaseException]:
        with writing_held_up(owner):
            handed_in = [
                asyncio.create_task(file_request(pool, city, report(city), SECRET)) for _ in range(MANY)
            ]
            while not all(one.done() for one in handed_in):
                for pid in waiting_at_the_table(owner):
                    owner.execute("select pg_terminate_backend(%s)", (pid,))
                await asyncio.sleep(0.01)
        return await asyncio.gather(*handed_in, return_exceptions=True)

    answers: list[Filed | BaseException] = over_a_pool(use)
    assert all(isinstance(one, psycopg.OperationalError) for one in answers), answers
    assert stored(owner) == 0


def test_stopping_waits_for_what_was_handed_in_and_whoever_leaves_harms_nobody(
    owner: psycopg.Connection[Any],
) -> None:
    city = city_of("kh-pnh")

    async def use(pool: Pool) -> list[Filed | BaseException]:
        with writing_held_up(owner):
            handed_in = [
                asyncio.create_task(file_request(pool, city, report(city), SECRET)) for _ in range(MANY)
            ]
            while not waiting_at_the_table(owner):  # noqa: ASYNC110 - another server's state is looked at
                await asyncio.sleep(0.01)
            handed_in[0].cancel()
            stopping = asyncio.create_task(all_written(pool))
            await asyncio.sleep(0)
            assert not stopping.done()
        await stopping
        assert stored(owner) == MANY, "all of it is written before the pool is closed"
        return await asyncio.gather(*handed_in, return_exceptions=True)

    first, *others = over_a_pool(use)
    assert isinstance(first, asyncio.CancelledError)
    assert all(isinstance(one, Filed) for one in others)


def test_nobody_waits_for_a_database_that_stands_still_longer_than_for_a_connection(
    owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is too many hears it at once, and whoever waited too long as soon as anything moves."""
    city = city_of("kh-pnh")
    monkeypatch.setattr(together, "MOST_WAITING", MANY)

    def hand_in(pool: Pool) -> asyncio.Task[Filed]:
        return asyncio.create_task(file_request(pool, city, report(city), SECRET))

    async def use(pool: Pool) -> list[Filed | BaseException]:
        with writing_held_up(owner):
            handed_in = [hand_in(pool)]
            while not waiting_at_the_table(owner):  # noqa: ASYNC110 - another server's state is looked at
                await asyncio.sleep(0.01)
            handed_in += [hand_in(pool) for _ in range(MANY)]
            await asyncio.sleep(0)
            with pytest.raises(DatabaseUnavailable, match="send it again"):
                await hand_in(pool)
            monkeypatch.setattr(together, "LONGEST_WAIT_S", 0.0)
        answers = await asyncio.gather(*handed_in, return_exceptions=True)
        monkeypatch.setattr(together, "LONGEST_WAIT_S", float(WITHIN_SECONDS))
        return [*answers, await hand_in(pool)]

    first, *others, last = over_a_pool(use)
    assert isinstance(first, Filed)
    assert isinstance(last, Filed)
    assert [type(one) for one in others] == [DatabaseUnavailable] * MANY
    assert stored(owner) == 2, "what was refused was not written"


def test_a_server_that_goes_while_each_is_written_alone_is_asked_no_further(
    owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    city = city_of("kh-pnh")
    written, asked = together._written, []

    async def watched(pool: Pool, city_id: str, ready: Sequence[Any], *moment: Any) -> Any:
        asked.append(len(ready))
        if len(ready) == 1:
            await end_connections(pool, owner)
        return await written(pool, city_id, ready, *moment)

    monkeypatch.setattr(together, "_written", watched)
    unwritable = report(city, idempotency_key="nothing\x00stores this")
    answers = at_once([(city, one) for one in [*(report(city) for _ in range(MANY)), unwritable]])
    assert asked == [MANY + 1, 1]
    assert all(isinstance(one, psycopg.OperationalError) for one in answers), answers
    assert stored(owner) == 0


def test_after_the_server_was_restarted_nobody_is_turned_away(owner: psycopg.Connection[Any]) -> None:
    """Not even without a key: that the connections are gone shows as the time is asked for."""
    city = city_of("kh-pnh")

    async def use(pool: Pool) -> Filed:
        await end_connections(pool, owner)
        return await file_request(pool, city, report(city), SECRET)

    assert isinstance(over_a_pool(use), Filed)
    assert stored(owner) == 1


def test_the_same_keys_in_two_processes_the_other_way_round_are_one_request_each(
    owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And neither batch is undone because each waits for a key of the other."""
    city = city_of("kh-pnh")
    written, asked = together._written, []

    async def watched(pool: Pool, city_id: str, ready: Sequence[Any], *moment: Any) -> Any:
        asked.append([one.row["idempotency_key"] for one in ready])
        return await written(pool, city_id, ready, *moment)

    monkeypatch.setattr(together, "_written", watched)
    filings = [report(city, idempotency_key=f"key {number}") for number in range(MANY)]

    async def use(one: Pool) -> list[Filed]:
        async with app_pool() as other:
            with writing_held_up(owner):
                handed_in = [
                    asyncio.create_task(file_request(pool, city, filing, SECRET))
                    for pool, order in ((one, filings), (other, filings[::-1]))
                    for filing in order
                ]
                while len(waiting_at_the_table(owner)) < 2:  # noqa: ASYNC110 - another server's state is looked at
                    await asyncio.sleep(0.01)
            return await asyncio.gather(*handed_in)

    filed: list[Filed] = over_a_pool(use)
    assert len({one.reference for one in filed}) == stored(owner) == MANY
    assert sorted(one.replayed for one in filed) == [False] * MANY + [True] * MANY
    assert asked == [sorted(f"key {number}" for number in range(MANY))] * 2


def test_as_many_are_waited_for_as_there_were_and_nobody_who_comes_alone_waits(
    owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    city = city_of("kh-pnh")
    monkeypatch.setattr(together, "GATHERED_FOR_S", 3600.0)
    written, sizes = together._written, []

    async def watched(pool: Pool, city_id: str, ready: Sequence[Any], *moment: Any) -> Any:
        sizes.append(len(ready))
        return await written(pool, city_id, ready, *moment)

    monkeypatch.setattr(together, "_written", watched)

    async def use(pool: Pool) -> None:
        for many, one_by_one in ((1, False), (1, False), (MANY, False), (MANY, True)):
            handed_in = []
            for _ in range(many):
                handed_in.append(asyncio.create_task(file_request(pool, city, report(city), SECRET)))
                if one_by_one:
                    await asyncio.sleep(0)
            await asyncio.gather(*handed_in)

    over_a_pool(use)
    assert sizes == [1, 1, MANY, MANY], "none of the last went before all of them had come"
    assert stored(owner) == sum(sizes)


def test_a_time_that_was_told_is_carried_on_until_something_fails(
    owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    city = city_of("kh-pnh")
    for name in ("CARRIED_FOR_S", "QUICKLY_S"):
        monkeypatch.setattr(together, name, 3600.0)
    asked = []

    async def watched(*question: Any) -> Any:
        asked.append(question)
        return await read_surely(*question)

    monkeypatch.setattr(together, "read_surely", watched)

    async def use(pool: Pool) -> list[Filed]:
        filed = [await file_request(pool, city, report(city), SECRET) for _ in range(3)]
        assert len(asked) == 1
        await end_connections(pool, owner)
        with pytest.raises(psycopg.OperationalError):  # it is not known whether that one stands
            await file_request(pool, city, report(city), SECRET)
        filed.append(await file_request(pool, city, report(city), SECRET))
        assert len(asked) == 2
        return filed

    times = [one.received_at for one in over_a_pool(use)]
    assert times == sorted(set(times)), "it goes on"
    late = owner.execute("select count(*) from event where recorded_at < occurred_at").fetchone()
    assert late == (0,), "and never runs ahead of the database's"
