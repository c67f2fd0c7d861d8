"""Who hands in together is held against limits before anything is written, and each is told their own verdict."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import psycopg
import pytest
from redis.asyncio import Redis

from nagara import rate_limits
from nagara.cities import city_of
from nagara.database import Pool
from nagara.errors import TooManyRequests
from nagara.filing import together
from nagara.filing.desk import file_request
from nagara.filing.intake import Filed
from nagara.local.throwaway import Throwaway
from nagara.rate_counts import MOST_AT_ONCE, Limit
from nagara.rate_limits import LIMITS, RateLimiter, Source, refusals
from tests.nagara.test_filing_together import MANY, SECRET, over_a_pool, report, stored, writing_held_up

CITY = "kh-pnh"
MOST = LIMITS["file"][0].times
CITIES = 9
HOURLY = "try code by contact"
"""A limit whose window hardly ever ends within a test."""


def with_limits(services: Throwaway, use: Callable[[Pool, RateLimiter, Redis], Awaitable[Any]]) -> Any:
    """Run something with a pool and a limiter that counts from nothing."""

    async def run(pool: Pool) -> Any:
        redis = Redis.from_url(services.redis_url)
        try:
            return await use(pool, RateLimiter(redis, True, uuid.uuid4().bytes), redis)
        finally:
            await redis.aclose()

    return over_a_pool(run)


async def file_from(pool: Pool, limiter: RateLimiter, *addresses: str) -> list[Filed | BaseException]:
    """What becomes of reports that are handed in at the same moment from these addresses."""
    city = city_of(CITY)
    admissions = [limiter.admission("file", Source(address), same=str(uuid.uuid4())) for address in addresses]
    handed_in = (file_request(pool, city, report(city), SECRET, admission=one) for one in admissions)
    return await asyncio.gather(*handed_in, return_exceptions=True)


def watched(limiter: RateLimiter, asked: list[int]) -> None:
    """Note of how many callers each question to Redis is."""
    over = limiter._line.over

    async def noted(callers: Sequence[Any], passed: int) -> list[list[Any]]:
        asked.append(len(callers))
        return await over(callers, passed)

    limiter._line.over = noted  # type: ignore[method-assign]


def test_a_batch_is_counted_in_one_question(services: Throwaway, owner: psycopg.Connection[Any]) -> None:
    """Of whom something is on the way already; others are written at once, and told of together."""
    asked: list[int] = []
    addresses = [f"10.0.0.{number}" for number in range(MANY)]

    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> None:
        watched(limiter, asked)
        filed = await file_from(pool, limiter, *addresses, *addresses)
        assert all(isinstance(one, Filed) for one in filed)

    with_limits(services, use)
    assert asked == [2 * MANY]
    assert stored(owner) == 2 * MANY


def test_batches_of_several_cities_and_single_callers_go_together_and_are_told_apart(
    services: Throwaway,
) -> None:
    asked: list[int] = []

    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> list[Any]:
        watched(limiter, asked)

        def batch(city: int) -> list[Any]:
            addresses = [f"10.{city}.0.{number}" for number in range(MANY - 1)] + ["10.9.9.9"] * city
            return [limiter.admission(HOURLY, Source(address)) for address in addresses]

        for _ in range(LIMITS[HOURLY][0].times):
            await limiter.admission(HOURLY, Source("10.9.9.9")).ask()
        del asked[:]
        alone = [limiter.count("check", f"10.8.0.{number}") for number in range(MANY)]
        return await asyncio.gather(*(refusals(batch(city)) for city in range(1, CITIES)), *alone)

    told = with_limits(services, use)
    for city, batch in enumerate(told[: CITIES - 1], 1):
        assert [one is None for one in batch] == [True] * (MANY - 1) + [False] * city
    assert sum(asked) == sum(len(batch) for batch in told[: CITIES - 1]) + MANY
    assert max(asked) <= MOST_AT_ONCE
    assert len(asked) < CITIES, "each batch alone would be as many questions, without the others"


def test_a_batch_of_which_nobody_is_let_in_asks_nothing_of_the_database(
    services: Throwaway, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    long = Limit(MOST, 30 * 86_400)  # it does not end in between
    monkeypatch.setattr(rate_limits, "LIMITS", {**LIMITS, "file": (long,)})

    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> list[Filed | BaseException]:
        for _ in range(2 * MOST // together.MOST_TOGETHER + 2):
            await file_from(pool, limiter, *["10.1.1.1"] * together.MOST_TOGETHER)
        for name in ("read_surely", "exchanged"):
            monkeypatch.setattr(together, name, lambda *question: asked.append(question))
        await asyncio.sleep(together.CARRIED_FOR_S)  # nothing is known of the time any more
        return await file_from(pool, limiter, *["10.1.1.1"] * 3)

    told = with_limits(services, use)
    assert [type(one) for one in told] == [TooManyRequests] * 3
    assert asked == []


def test_a_fault_while_counting_is_told_to_all_and_the_next_are_written(
    services: Throwaway, owner: psycopg.Connection[Any]
) -> None:
    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> list[Filed | BaseException]:
        over, limiter._line.over = limiter._line.over, None  # type: ignore[method-assign, assignment]
        told = await file_from(pool, limiter, "10.1.1.1", "10.1.1.1", "10.1.1.1")
        limiter._line.over = over  # type: ignore[method-assign]
        return [*told, *await file_from(pool, limiter, "10.1.1.1", "10.1.1.1")]

    assert [type(one) for one in with_limits(services, use)] == [*[TypeError] * 3, Filed, Filed]
    assert stored(owner) == 2


def test_whoever_is_one_too_many_is_refused_and_harms_no_other(
    services: Throwaway, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST_TOGETHER", 4 * MOST)
    addresses = [address for n in range(2 * MOST + 3) for address in ("10.1.1.1", f"10.2.0.{n}")]

    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> list[Filed | BaseException]:
        return await file_from(pool, limiter, *addresses)

    told = list(zip(addresses, with_limits(services, use), strict=True))
    assert all(isinstance(answer, Filed) for address, answer in told if address != "10.1.1.1")
    busy = [answer for address, answer in told if address == "10.1.1.1"]
    refused = [answer for answer in busy if isinstance(answer, TooManyRequests)]
    assert MOST <= len(busy) - len(refused) <= 2 * MOST, "a window may have ended in between, not more"
    assert {frozenset(answer.reached) for answer in refused} == {frozenset({"file"})}
    assert all(0 < answer.retry_after_seconds <= 60 for answer in refused)
    assert stored(owner) == len(told) - len(refused), "what is refused is not written"


def test_while_the_database_stands_still_nobody_fills_the_line_with_what_is_refused(
    services: Throwaway, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST_WAITING", 3 * MOST + together.MOST_TOGETHER)

    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> tuple[int, bool]:
        with writing_held_up(owner):
            flood = [asyncio.ensure_future(file_from(pool, limiter, "10.1.1.1")) for _ in range(12 * MOST)]
            while sum(one.done() for one in flood) < 7 * MOST:  # noqa: ASYNC110 - another server counts
                await asyncio.sleep(0.01)
            honest = asyncio.ensure_future(file_from(pool, limiter, "10.2.2.2"))
            await asyncio.sleep(0.1)
            assert not honest.done(), "there is room for others in the line"
        told = [answer for [answer] in await asyncio.gather(*flood)]
        assert all(isinstance(answer, Filed | TooManyRequests) for answer in told)
        [answer] = await honest
        return sum(isinstance(one, Filed) for one in told), isinstance(answer, Filed)

    let_in, honest = with_limits(services, use)
    assert honest
    assert MOST <= let_in <= 2 * MOST
    assert stored(owner) == let_in + 1


def test_without_redis_a_batch_is_written_all_the_same(owner: psycopg.Connection[Any]) -> None:
    async def use(pool: Pool) -> list[Filed | BaseException]:
        redis = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
        try:
            return await file_from(pool, RateLimiter(redis, True, b"secret"), *["10.1.1.1"] * 2 * MOST)
        finally:
            await redis.aclose()

    assert all(isinstance(one, Filed) for one in over_a_pool(use))
    assert stored(owner) == 2 * MOST


def test_limits_that_are_off_count_nobody(services: Throwaway, owner: psycopg.Connection[Any]) -> None:
    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> list[Filed | BaseException]:
        return await file_from(pool, RateLimiter(redis, False, b"secret"), *["10.1.1.1"] * 3 * MOST)

    assert all(isinstance(one, Filed) for one in with_limits(services, use))
    assert stored(owner) == 3 * MOST


def test_a_window_that_ended_meanwhile_is_still_counted_in(services: Throwaway) -> None:
    """A report may wait in the line beyond the end of the window it came in; the wait told is a second at least."""

    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> TooManyRequests | None:
        one = limiter.admission("file", Source("10.1.1.1"))
        ended = tuple(held._replace(ends=int(time.time()) - 5) for held in one.held)
        for _ in range(MOST):
            assert await limiter.counted([ended]) == [None]
        assert min([await redis.ttl(held.key) for held in ended]) > one.held[0].limit.seconds
        [refusal] = await limiter.counted([ended])
        return refusal

    refusal = with_limits(services, use)
    assert refusal is not None
    assert refusal.retry_after_seconds == 1


def test_a_report_that_goes_alone_is_counted_as_well(services: Throwaway) -> None:
    """One that joins another is filed by itself."""
    city = city_of(CITY)

    async def use(pool: Pool, limiter: RateLimiter, redis: Redis) -> list[Filed | BaseException]:
        alone = report(city, same_as="PNH-0000000-0")
        return await asyncio.gather(
            *(
                file_request(
                    pool, city, alone, SECRET, admission=limiter.admission("file", Source("10.1.1.1"))
                )
                for _ in range(2 * MOST + 1)
            ),
            return_exceptions=True,
        )

    refused = [isinstance(one, TooManyRequests) for one in with_limits(services, use)]
    assert MOST <= refused.count(False) <= 2 * MOST, "a window may have ended in between, not more"
    assert True in refused
