"""Filing is limited by address, by device and by contact, each for itself, and the wait that is told is honest."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from nagara import rate_limits
from nagara.errors import TooManyRequests
from nagara.local.throwaway import Throwaway
from nagara.rate_counts import MOST_AT_ONCE
from nagara.rate_limits import LIMITS, RateLimiter, Source


def refused_after(
    services: Throwaway, source: Callable[[int], tuple[Source, bytes | None]], most: int
) -> tuple[int, int]:
    """How many reports were let through before one was refused, and how long it is told to wait."""

    async def counted() -> tuple[int, int]:
        redis = Redis.from_url(services.redis_url)
        limiter = RateLimiter(redis, True, uuid.uuid4().bytes)
        try:
            for number in range(most):
                try:
                    await limiter.count_all("file", *source(number))
                except TooManyRequests as refusal:
                    return number, refusal.retry_after_seconds
            return most, 0
        finally:
            await redis.aclose()

    return asyncio.run(counted())


def anew(number: int) -> str:
    return f"10.0.{number // 250}.{number % 250}"


@pytest.mark.parametrize(
    ("limit", "source"),
    [
        ("file", lambda n: (Source("10.0.0.1"), None)),
        ("file by device", lambda n: (Source(anew(n), "one-device-of-many"), None)),
        ("file by contact", lambda n: (Source(anew(n), f"device-{n:08}"), b"one digest")),
    ],
)
def test_one_source_is_refused_and_told_how_long(
    services: Throwaway, limit: str, source: Callable[[int], tuple[Source, bytes | None]]
) -> None:
    shortest = LIMITS[limit][0]
    let_through, wait = refused_after(services, source, 3 * shortest.times)
    assert shortest.times <= let_through <= 2 * shortest.times, "a window may have ended in between, not more"
    assert 0 < wait <= shortest.seconds


def test_many_sources_are_not_held_for_one_another(services: Throwaway) -> None:
    def everybody(number: int) -> tuple[Source, bytes | None]:
        return Source(anew(number), f"device-{number:08}"), f"digest {number}".encode()

    assert refused_after(services, everybody, 120) == (120, 0)


def test_a_caller_waits_for_a_redis_that_is_cut_off_once_and_not_at_each_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came: list[asyncio.StreamWriter] = []
    monkeypatch.setattr(rate_limits, "WITHOUT_REDIS_FOR_S", 3600.0)

    async def check(limiter: RateLimiter) -> int:
        await limiter.count("read", "10.0.0.1")
        await limiter.count_all("check", Source("10.0.0.1", "one-device-of-many"), b"one digest", "the same")
        return len(came)

    async def scene() -> list[int]:
        silent = await asyncio.start_server(lambda _, writer: came.append(writer), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        redis = Redis.from_url(f"redis://127.0.0.1:{port}/0", socket_timeout=0.05, socket_connect_timeout=5)
        limiter = RateLimiter(redis, True, b"secret")
        tried = [await check(limiter), await check(limiter)]
        limiter._away_until = time.monotonic()
        tried.append(await check(limiter))
        await redis.aclose()
        for writer in came:
            writer.close()
        silent.close()
        return tried

    assert asyncio.run(scene()) == [1, 1, 2]


def test_nobody_waits_for_a_redis_that_is_cut_off_behind_others_who_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three questions' callers at once, and one question's time."""
    came: list[asyncio.StreamWriter] = []
    monkeypatch.setattr(rate_limits, "WITHOUT_REDIS_FOR_S", 0.0)

    async def scene() -> list[int]:
        silent = await asyncio.start_server(lambda _, writer: came.append(writer), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        redis = Redis.from_url(f"redis://127.0.0.1:{port}/0", socket_timeout=0.2, socket_connect_timeout=5)
        limiter = RateLimiter(redis, True, b"secret")
        tried = []
        for _ in range(2):
            await asyncio.gather(*(limiter.count("check", anew(one)) for one in range(3 * MOST_AT_ONCE)))
            tried.append(len(came))
        await redis.aclose()
        for writer in came:
            writer.close()
        silent.close()
        return tried

    assert asyncio.run(scene()) == [1, 2]


def test_of_many_at_once_each_is_told_their_own_verdict(services: Throwaway) -> None:
    most, sources = LIMITS["check"][0].times, 9

    async def counted() -> dict[str, list[bool]]:
        redis = Redis.from_url(services.redis_url)
        limiter = RateLimiter(redis, True, uuid.uuid4().bytes)
        let_in: dict[str, list[bool]] = {}

        async def ask(address: str) -> None:
            try:
                await limiter.count_all("check", Source(address))
            except TooManyRequests as refusal:
                assert refusal.reached == {"check"}
                let_in.setdefault(address, []).append(False)
            else:
                let_in.setdefault(address, []).append(True)

        try:
            busy = [ask("10.9.9.9") for _ in range(3 * most)]
            others = [ask(anew(number)) for number in range(sources)]
            gone = asyncio.create_task(ask("10.8.8.8"))
            every = asyncio.gather(
                *(one for pair in zip(busy[:sources], others, strict=True) for one in pair)
            )
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(every, *busy[sources:])
        finally:
            await redis.aclose()
        return let_in

    let_in = asyncio.run(counted())
    assert most <= sum(let_in.pop("10.9.9.9")) <= 2 * most, "a window may have ended in between, not more"
    assert let_in == {anew(number): [True] for number in range(sources)}


def test_what_is_repeated_counts_once_and_each_time_as_reading(services: Throwaway) -> None:
    async def counted() -> tuple[int, frozenset[str]]:
        redis = Redis.from_url(services.redis_url)
        limiter = RateLimiter(redis, True, uuid.uuid4().bytes)
        try:
            for number in range(3 * LIMITS["read"][0].times):
                try:
                    await limiter.count_all("file", Source("10.0.0.1"), b"contact", "the same report")
                except TooManyRequests as refusal:
                    return number, refusal.reached
            return 0, frozenset()
        finally:
            await redis.aclose()

    repeated, reached = asyncio.run(counted())
    assert reached == {"read"}
    assert LIMITS["read"][0].times <= repeated <= 2 * LIMITS["read"][0].times
