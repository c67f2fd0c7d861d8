"""Whoever is far from a limit is let through before Redis knows, is counted all the same, and the limit holds."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from nagara import rate_counts, rate_limits
from nagara.errors import TooManyRequests
from nagara.local.throwaway import Throwaway
from nagara.rate_counts import AHEAD_SHARE, Held, Limit
from nagara.rate_limits import COUNTED_AFTERWARDS, LIMITS, RateLimiter, Source, refusals

MOST = 200
AHEAD = MOST // AHEAD_SHARE
FILED = 20
HERE = "10.0.0.1"
SOON_S = 0.02
WINDOW = Limit(MOST, 30 * 86_400)
"""A window that does not end within a test."""
FILING = Limit(FILED, 30 * 86_400)


@pytest.fixture(autouse=True)
def long_windows_soon_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_counts, "TOLD_WITHIN_S", SOON_S)
    monkeypatch.setattr(
        rate_limits, "LIMITS", {**LIMITS, "read": (WINDOW,), "tile": (WINDOW,), "file": (FILING,)}
    )


def with_limiters(
    services: Throwaway, use: Callable[[Redis, Sequence[RateLimiter]], Awaitable[Any]], processes: int = 1
) -> Any:
    """Run something with the limiters of so many processes, which count from nothing."""

    async def run() -> Any:
        redis = Redis.from_url(services.redis_url)
        secret = uuid.uuid4().bytes
        own = [Redis.from_url(services.redis_url) for _ in range(processes)]
        try:
            return await use(redis, [RateLimiter(one, True, secret) for one in own])
        finally:
            for one in (redis, *own):
                await one.aclose()

    return asyncio.run(run())


async def let_in(limiter: RateLimiter, address: str = HERE, what: str = "read") -> bool:
    try:
        await limiter.count(what, address)
    except TooManyRequests as refusal:
        assert refusal.reached == {what}
        return False
    return True


async def handed_in(limiter: RateLimiter, report: str, address: str = HERE) -> bool:
    try:
        await limiter.count_all("file", Source(address), same=report)
    except TooManyRequests as refusal:
        assert refusal.reached == {"file"}
        return False
    return True


def key(limiter: RateLimiter, address: str = HERE) -> str:
    [held] = limiter._admission({"read": address}, None).held
    return held.key


def questions(limiter: RateLimiter) -> list[tuple[Any, ...]]:
    """Notes each question to Redis from now on."""
    asked: list[tuple[Any, ...]] = []
    ask = limiter._line._direct.ask

    async def noted(*command: Any) -> Any:
        asked.append(command)
        return await ask(*command)

    limiter._line._direct.ask = noted  # type: ignore[method-assign]
    return asked


def held_up(limiter: RateLimiter) -> asyncio.Event:
    """Lets no question go to Redis until the event is set."""
    over, go_on = limiter._line.over, asyncio.Event()

    async def slow(callers: Sequence[Sequence[Held]], passed: int) -> list[list[Held]]:
        await go_on.wait()
        return await over(callers, passed)

    limiter._line.over = slow  # type: ignore[method-assign]
    return go_on


async def counted(redis: Redis, limiter: RateLimiter, address: str = HERE) -> int:
    return int(await redis.get(key(limiter, address)) or 0)


async def until_counted(redis: Redis, limiter: RateLimiter, count: int, address: str = HERE) -> None:
    """Wait until Redis knows of so many."""
    async with asyncio.timeout(10):
        while await counted(redis, limiter, address) != count:  # noqa: ASYNC110 - another server counts
            await asyncio.sleep(0.005)


async def until_away(limiter: RateLimiter) -> None:
    """Wait until it has found that Redis does not answer."""
    async with asyncio.timeout(10):
        while not limiter._away():  # noqa: ASYNC110 - a timer begins what finds it
            await asyncio.sleep(0.005)


def test_readers_go_on_before_redis_knows_of_them_and_are_counted_in_one_question(
    services: Throwaway,
) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        asked = questions(limiter)
        for _ in range(AHEAD - 1):
            assert await let_in(limiter)
        for number in range(50):
            assert await let_in(limiter, f"10.1.0.{number}")
        assert asked == []
        await until_counted(redis, limiter, AHEAD - 1)
        await until_counted(redis, limiter, 1, "10.1.0.49")
        assert len(asked) == 1
        assert 0 < await redis.ttl(key(limiter)) <= WINDOW.seconds + 15

    with_limiters(services, use)


def test_what_a_reader_does_not_wait_for_is_kept_of_nobody(services: Throwaway) -> None:
    """However many read: what is told is forgotten here, but for those who are close to their limit."""

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        for number in range(5_000):
            assert await let_in(limiter, f"10.{number // 250}.1.{number % 250}")
        for _ in range(MOST // 2 + 1):
            await let_in(limiter)
        await until_counted(redis, limiter, MOST // 2 + 1)
        await asyncio.sleep(3 * SOON_S)
        assert (limiter._line._ahead, limiter._line._open) == ([], {})
        assert list(limiter._line._crowded) == [key(limiter)]

    with_limiters(services, use)


@pytest.mark.parametrize(
    ("what", "at_once", "pause_s"),
    [
        ("read", 1, 0.0),
        ("read", 1, SOON_S / 10),
        ("read", 7, SOON_S / 4),
        ("read", 3 * MOST, 0.0),
        ("tile", 7, 0.0),
    ],
)
def test_of_one_process_exactly_the_limit_is_let_through(
    services: Throwaway, what: str, at_once: int, pause_s: float
) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> int:
        [limiter] = limiters
        passed = 0
        for _ in range(max(2 * MOST // at_once, 3)):
            passed += sum(await asyncio.gather(*(let_in(limiter, what=what) for _ in range(at_once))))
            await asyncio.sleep(pause_s)
        return passed

    assert with_limiters(services, use) == MOST


def test_whoever_used_up_the_limit_by_other_ways_reads_no_more(services: Throwaway) -> None:
    """A report that is repeated counts as reading."""

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        for _ in range(MOST):
            await limiter.count_all("file", Source(HERE), same="the same report")
        assert not await let_in(limiter)

    with_limiters(services, use)


def test_each_further_process_lets_its_share_through_before_it_hears_of_a_source(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> list[int]:
        return [sum([await let_in(limiter) for _ in range(MOST + 1)]) for limiter in limiters]

    assert with_limiters(services, use, 4) == [MOST, AHEAD, AHEAD, AHEAD]


@pytest.mark.parametrize("pause_s", [0.0, SOON_S / 10])
def test_of_many_processes_none_lets_more_through_than_its_share_too_many(
    services: Throwaway, pause_s: float
) -> None:
    processes = 4

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> int:
        async def flood(limiter: RateLimiter) -> int:
            passed = 0
            for _ in range(2 * MOST):
                passed += await let_in(limiter)
                await asyncio.sleep(pause_s)
            return passed

        return sum(await asyncio.gather(*(flood(limiter) for limiter in limiters)))

    assert MOST <= with_limiters(services, use, processes) <= MOST + (processes - 1) * AHEAD


def test_at_a_pace_at_which_each_process_hears_of_the_others_the_limit_is_exact(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> list[int]:
        passed = [0, 0]
        for _ in range(2 * MOST // AHEAD):
            for process, limiter in enumerate(limiters):
                before = await counted(redis, limiter)
                for _ in range(AHEAD - 1):
                    passed[process] += await let_in(limiter)
                await until_counted(redis, limiter, before + AHEAD - 1)
        return passed

    passed = with_limiters(services, use, 2)
    assert sum(passed) == MOST
    assert min(passed) > MOST // 3


def test_no_more_than_its_share_goes_ahead_of_a_redis_that_is_slow(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        go_on = held_up(limiter)
        readers = [asyncio.create_task(let_in(limiter)) for _ in range(AHEAD // 2)]
        await asyncio.sleep(3 * SOON_S)  # Redis is being told of these
        readers += [asyncio.create_task(let_in(limiter)) for _ in range(MOST)]
        await asyncio.sleep(3 * SOON_S)
        assert sum(one.done() for one in readers) == AHEAD
        go_on.set()
        passed = await asyncio.gather(*readers)
        assert sum(passed) == MOST
        assert not await let_in(limiter)

    with_limiters(services, use)


def test_whoever_reads_while_redis_is_asked_is_told_of_though_nobody_asks_again(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        go_on = held_up(limiter)
        first = asyncio.create_task(limiter.count("check", HERE))
        await asyncio.sleep(SOON_S)
        assert await let_in(limiter)
        await asyncio.sleep(3 * SOON_S)  # its time comes while the question is under way
        go_on.set()
        await first
        await until_counted(redis, limiter, 1)

    with_limiters(services, use)


def test_a_question_takes_along_whoever_was_let_through(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        asked = questions(limiter)
        for _ in range(3):
            assert await let_in(limiter)
        await limiter.count("check", HERE)
        assert await counted(redis, limiter) == 3
        await asyncio.sleep(3 * SOON_S)
        assert len(asked) == 1

    with_limiters(services, use)


def test_a_new_window_is_begun_anew_and_the_old_one_is_forgotten(
    services: Throwaway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        for window in (1, 2):
            monkeypatch.setattr(time, "time", lambda window=window: 10_000_000_000 + window * WINDOW.seconds)
            passed = [await let_in(limiter) for _ in range(MOST + 1)]
            assert passed == [True] * MOST + [False]
            assert list(limiter._line._crowded) == [key(limiter)]
            assert await let_in(limiter, "10.2.2.2")

    with_limiters(services, use)


def test_all_other_limits_are_asked_first(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        asked = questions(limiter)
        others = sorted(set(LIMITS) - COUNTED_AFTERWARDS)
        for number, what in enumerate(others, 1):
            await limiter.count(what, HERE)
            assert len(asked) == number

    with_limiters(services, use)


@asynccontextmanager
async def silent_redis() -> AsyncIterator[tuple[RateLimiter, list[asyncio.StreamWriter]]]:
    """A limiter of a Redis that takes connections and says nothing, and those connections."""
    came: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: came.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    redis = Redis.from_url(f"redis://127.0.0.1:{port}/0", socket_timeout=0.2, socket_connect_timeout=5)
    try:
        yield RateLimiter(redis, True, b"secret"), came
    finally:
        await redis.aclose()
        for writer in came:
            writer.close()
        server.close()


def test_readers_do_not_wait_for_a_redis_that_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rate_limits, "WITHOUT_REDIS_FOR_S", 3600.0)
    caplog.set_level(logging.WARNING)

    async def scene() -> None:
        async with silent_redis() as (limiter, came):
            began = asyncio.get_running_loop().time()
            for number in range(50):
                assert await let_in(limiter, f"10.3.3.{number}")
            assert came == [], "none has waited so long that Redis was asked"
            await asyncio.sleep(0.1)
            for number in range(50):
                assert await let_in(limiter, f"10.4.4.{number}"), "nor while it is asked"
            await until_away(limiter)
            await asyncio.sleep(0.3)
            assert asyncio.get_running_loop().time() - began > 0.2, "it was given its time to answer"
            for _ in range(2 * MOST):
                assert await let_in(limiter), "without Redis nobody is refused"
            assert len(came) == 1
            assert (limiter._line._ahead, limiter._line._open) == ([], {})

    asyncio.run(scene())
    assert [record.message for record in caplog.records] == ["rate limits are off: Redis does not answer"]


def test_that_redis_is_cut_off_is_noted_though_whoever_asked_is_gone() -> None:
    async def scene() -> None:
        async with silent_redis() as (limiter, _came):
            asking = asyncio.create_task(limiter.count("check", HERE))
            await asyncio.sleep(0.05)
            asking.cancel()
            await until_away(limiter)

    asyncio.run(scene())


def test_a_report_goes_on_before_redis_knows_of_its_sender(services: Throwaway) -> None:
    """By address, device and contact, as long as nobody else with one of these is on the way."""

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        asked = questions(limiter)
        for number in range(5):
            source = Source(f"10.5.5.{number}", f"a-device-of-{number:08}")
            await limiter.count_all("file", source, b"digest %d" % number, same=f"report {number}")
        assert asked == []
        await limiter.count_all("file", Source("10.6.6.6", "another-device"), b"digest 4", same="report 6")
        assert len(asked) == 1

    with_limiters(services, use)


@pytest.mark.parametrize("at_once", [1, 5, 3 * FILED])
def test_of_one_process_exactly_the_limit_is_filed(services: Throwaway, at_once: int) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> int:
        [limiter] = limiters
        reports = iter(range(10_000))
        passed = 0
        for _ in range(max(2 * FILED // at_once, 3)):
            passed += sum(
                await asyncio.gather(*(handed_in(limiter, f"report {next(reports)}") for _ in range(at_once)))
            )
            await asyncio.sleep(SOON_S / 10)
        return passed

    assert with_limiters(services, use) == FILED


def test_each_further_process_may_let_one_report_through_too_many(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> list[int]:
        return [
            sum([await handed_in(limiter, f"report {process} {n}") for n in range(FILED + 1)])
            for process, limiter in enumerate(limiters)
        ]

    assert with_limiters(services, use, 3) == [FILED, 1, 1]


def test_a_report_let_through_too_many_counts_in_the_longer_window_and_may_be_repeated(
    services: Throwaway, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Limit(FILED, 2 * FILING.seconds)
    monkeypatch.setattr(
        rate_limits, "LIMITS", {**rate_limits.LIMITS, "file": (Limit(5, FILING.seconds), day)}
    )

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        here, there = limiters
        assert [await handed_in(here, f"report {n}") for n in range(6)] == [True] * 5 + [False]
        assert [await handed_in(there, f"report {n}") for n in (7, 8)] == [True, False]
        _, longer = there._admission({"file": HERE}, None).held
        assert await redis.get(longer.key) == b"6"
        assert await handed_in(there, "report 7")
        assert await handed_in(here, "report 7")
        assert await redis.get(longer.key) == b"6"

    with_limiters(services, use, 2)


def test_whoever_waits_beyond_the_end_of_a_window_is_counted_in_it_as_before(
    services: Throwaway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the line of reports, though others' windows are remembered meanwhile."""
    ends = 10_000_000_000 // WINDOW.seconds * WINDOW.seconds
    now = ends - 1.0
    monkeypatch.setattr(time, "time", lambda: now)

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        nonlocal now
        [limiter] = limiters
        for _ in range(MOST):
            assert await let_in(limiter)
        waiting = limiter.admission("read", Source(HERE))
        now = ends + 10.0
        for _ in range(MOST):
            assert await let_in(limiter, "10.2.2.2")
        with pytest.raises(TooManyRequests):
            await waiting.ask()

    with_limiters(services, use)


def test_of_very_many_let_through_each_question_tells_some(
    services: Throwaway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits is counted behind them."""
    monkeypatch.setattr(rate_counts, "MOST_TOLD", 4)

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        asked = questions(limiter)
        for _ in range(AHEAD):
            assert await let_in(limiter)
        told = await refusals([limiter._admission({"read": HERE}, None) for _ in range(MOST)])
        assert told.count(None) == MOST - AHEAD
        assert len(asked) >= AHEAD // 4
        for number in range(10):
            assert await let_in(limiter, f"10.7.7.{number}")
        await until_counted(redis, limiter, 1, "10.7.7.9")
        await asyncio.sleep(3 * SOON_S)
        assert (limiter._line._ahead, limiter._line._open) == ([], {})

    with_limiters(services, use)


def test_what_is_repeated_counts_once_whichever_process_it_comes_to(services: Throwaway) -> None:
    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        for _ in range(FILED):
            repeated = (handed_in(limiter, "the same report") for limiter in limiters)
            assert await asyncio.gather(*repeated) == [True, True]
        passed = [await handed_in(limiters[0], f"report {n}") for n in range(FILED)]
        assert passed == [True] * (FILED - 1) + [False]

    with_limiters(services, use, 2)


def test_after_an_outage_readers_are_counted_again(
    services: Throwaway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_counts, "MOST_TOLD", 4)
    tried: list[Any] = []

    async def use(redis: Redis, limiters: Sequence[RateLimiter]) -> None:
        [limiter] = limiters
        ask = limiter._line._direct.ask

        async def fails(*question: Any) -> Any:
            tried.append(question)
            raise OSError("cut off")

        limiter._line._direct.ask = fails  # type: ignore[method-assign]
        for _ in range(AHEAD):
            assert await let_in(limiter)
        await until_away(limiter)
        await asyncio.sleep(3 * SOON_S)
        assert len(tried) == 1, "those whom another question would have told of are not asked about"
        limiter._line._direct.ask = ask  # type: ignore[method-assign]
        limiter._away_until = 0.0
        assert await let_in(limiter)
        await until_counted(redis, limiter, 1)

    with_limiters(services, use)
