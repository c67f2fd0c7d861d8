"""A commit nudges whoever makes notices: in Celery's own words, one at a time, and never for nothing."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from celery import Celery
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from nagara import nudging
from nagara.local.throwaway import Throwaway


@pytest.fixture
def client(services: Throwaway) -> Iterator[Redis]:
    with Redis.from_url(services.redis_url) as client:
        client.delete(nudging.QUEUE, nudging.FOLLOWED)
        yield client
        client.delete(nudging.QUEUE, nudging.FOLLOWED)


def waiting(client: Redis) -> list[dict[str, Any]]:
    """The messages that wait, in the order in which workers take them."""
    return [orjson.loads(one) for one in reversed(client.lrange(nudging.QUEUE, 0, -1))]


def shape(value: Any) -> Any:
    """What a message is made of: names and kinds of values."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return type(value)


def test_a_nudge_is_what_celerys_own_client_sends(services: Throwaway, client: Redis) -> None:
    with Celery("somebody", broker=services.redis_url) as app:
        app.send_task(nudging.TASK, queue=nudging.QUEUE, expires=30, ignore_result=True)
    client.lpush(nudging.QUEUE, nudging.message(nudging.TASK, nudging.QUEUE, dt.datetime.now(dt.UTC)))
    theirs, ours = waiting(client)
    assert theirs["properties"].pop("expiration") == "30000"  # Redis knows none: the header says it
    assert shape(ours) == shape(theirs)
    for same in ("task", "retries", "timelimit", "argsrepr", "kwargsrepr", "ignore_result", "lang"):
        assert ours["headers"][same] == theirs["headers"][same]
    assert orjson.loads(base64.b64decode(ours["body"])) == orjson.loads(base64.b64decode(theirs["body"]))
    assert dt.datetime.fromisoformat(ours["headers"]["expires"]).tzinfo is not None


def test_many_commits_leave_one_nudge_until_somebody_begins(services: Throwaway, client: Redis) -> None:
    async def commit(processes: int) -> None:
        clients = [AsyncRedis.from_url(services.redis_url) for _ in range(processes)]
        nudgers = [nudging.Nudger(one) for one in clients]
        for _ in range(5):
            for nudger in nudgers:
                nudger.nudge()
            await asyncio.sleep(nudging.AFTER_A_NUDGE_S * 2)
        for one in asyncio.all_tasks() - {asyncio.current_task()}:
            await one
        for sender in clients:
            await sender.aclose()

    asyncio.run(commit(2))
    assert [one["headers"]["task"] for one in waiting(client)] == [nudging.TASK]
    with nudging.followed(client) as word:
        word.go_on()
        asyncio.run(commit(1))
        assert len(waiting(client)) == 1, "who looks already needs no nudge"
        assert 0 < client.pttl(nudging.FOLLOWED) <= nudging.SILENT_AFTER_MS
    asyncio.run(commit(1))
    assert len(waiting(client)) == 2, "what is committed after somebody looked has a nudge of its own"


def test_who_ends_in_the_midst_of_it_leaves_it_to_the_next(services: Throwaway, client: Redis) -> None:
    with nudging.followed(client) as word:
        word.go_on()
        word.hand_over()
    (call,) = waiting(client)
    assert (call["headers"]["task"], client.exists(nudging.FOLLOWED)) == (nudging.TASK, 1)
    with pytest.raises(ZeroDivisionError), nudging.followed(client) as word:
        word.go_on()
        raise ZeroDivisionError
    assert not client.exists(nudging.FOLLOWED), "who fails does not look any more"


def test_of_many_nudges_that_come_to_workers_at_once_one_goes_on(services: Throwaway, client: Redis) -> None:
    client.set(nudging.FOLLOWED, nudging.NUDGED)
    words = [nudging.Followed(client) for _ in range(4)]
    assert [word.go_on() for word in words] == [True, False, False, False]
    for other in words[1:]:
        other.hand_over()
        other.take_back()
    assert words[0].go_on(), "nobody takes back another's word"
    assert not waiting(client)
    words[0].hand_over()
    assert len(waiting(client)) == 1
    assert not words[0].taken_over()
    assert words[1].go_on(), "whoever comes first takes over"
    assert (words[0].taken_over(), words[1].taken_over()) == (True, False)
    words[0].take_back()
    assert client.exists(nudging.FOLLOWED)
    client.delete(nudging.FOLLOWED)  # Redis forgets
    assert words[1].go_on()
    words[1].take_back()
    assert not client.exists(nudging.FOLLOWED)


def test_a_lost_nudge_is_given_up_by_itself(services: Throwaway, client: Redis) -> None:
    async def commit() -> None:
        async with AsyncRedis.from_url(services.redis_url) as sender:
            nudger = nudging.Nudger(sender)
            nudger.nudge()
            for one in asyncio.all_tasks() - {asyncio.current_task()}:
                await one

    asyncio.run(commit())
    assert 0 < client.pttl(nudging.FOLLOWED) <= nudging.LOST_AFTER_MS
    client.delete(nudging.QUEUE)  # the message is lost
    client.pexpire(nudging.FOLLOWED, 0)  # and its time is over
    asyncio.run(commit())
    assert len(waiting(client)) == 1


def test_a_nudge_that_fails_as_nobody_foresaw_is_not_the_last(services: Throwaway, client: Redis) -> None:
    class Broken(AsyncRedis):
        tried = 0

        async def eval(self, *given: Any) -> Any:
            Broken.tried += 1
            if Broken.tried == 1:
                raise AttributeError("a reader that is gone")
            return await super().eval(*given)

    async def commit_twice() -> None:
        async with Broken.from_url(services.redis_url) as sender:
            nudger = nudging.Nudger(sender)
            for _ in range(2):
                nudger.nudge()
                await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    asyncio.run(commit_twice())
    assert len(waiting(client)) == 1


def test_a_worker_that_is_away_finds_no_thousands(services: Throwaway, client: Redis) -> None:
    async def commit() -> None:
        async with AsyncRedis.from_url(services.redis_url) as sender:
            for _ in range(3):
                nudging.Nudger(sender).nudge()
                await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
                await sender.delete(nudging.FOLLOWED)  # nobody began it in time

    client.lpush(nudging.QUEUE, *["{}"] * (nudging.MOST_WAITING - 1))
    asyncio.run(commit())
    assert client.llen(nudging.QUEUE) == nudging.MOST_WAITING
