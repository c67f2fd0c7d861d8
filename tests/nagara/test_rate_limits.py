"""Filing is limited by address, by device and by contact, each for itself, and the wait that is told is honest."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from nagara.errors import TooManyRequests
from nagara.local.throwaway import Throwaway
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
