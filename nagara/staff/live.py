"""News of a city's requests, told to its staff's screens as it happens, over Redis.

News are hints: a reference, its version and status, who did it. Whoever hears of one reads the request as
usual, so nothing personal travels, and one that is lost costs only the wait until the next poll. They are
told after the commit, never before, and no commit waits for them: an API process gathers what its commits
made for a moment and tells it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import redis
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlmodel import Session

from nagara.errors import TooManyRequests
from nagara.nudging import Nudger
from nagara.redis_connections import connected
from nagara.settings import settings
from nagara.tables import Request

log = logging.getLogger(__name__)

News = dict[str, Any]
CHANNEL = "nagara:live:"
GATHERED_FOR_S = 0.1
"""About a fiftieth of what filing costs at some hundred reports a second; nobody sees a tenth of a second."""

WITHOUT_REDIS_FOR_S = 5.0
"""After a failure nothing is tried for so long: work goes on without screens being told."""

MOST_WAITING = 500
MOST_GATHERED = 5_000
MOST_OF_ONE = 12
CATCH_UP: Mapping[str, Any] = {"kind": "catch_up", "reference": None}
"""Something may have been missed: read the list again."""


def changed(row: Request, by: str | None) -> News:
    """The news that a request changed; ``by`` is a sign-in name, never a resident's."""
    return changed_to(row.reference, row.version, row.status, row.department, by, row.updated_at)


def changed_to(
    reference: str, version: int, status: str, department: str, by: str | None, at: dt.datetime
) -> News:
    """The same from its parts."""
    return {
        "kind": "changed",
        "reference": reference,
        "version": version,
        "status": status,
        "department": department,
        "by": by,
        "at": at,
    }


def filed(reference: str, status: str, department: str, at: dt.datetime) -> News:
    """The news that a request came in."""
    return {
        "kind": "filed",
        "reference": reference,
        "version": 1,
        "status": status,
        "department": department,
        "by": None,
        "at": at,
    }


def inbox_changed(username: str) -> News:
    """The news that somebody's inbox holds something new; only their own screens are told."""
    return {"kind": "inbox", "reference": None, "to": username}


def tell_after_commit(session: Session, city_id: str, news: News) -> None:
    """Tell it once the session's transaction stands; if it does not come to stand, it is forgotten."""
    session.info.setdefault("news", []).append((city_id, news))


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    by_city: dict[str, list[News]] = defaultdict(list)
    for city_id, news in session.info.pop("news", ()):
        by_city[city_id].append(news)
    for city_id, told in by_city.items():
        tell(city_id, told)


@event.listens_for(Session, "after_rollback")
def _rolled_back(session: Session) -> None:
    session.info.pop("news", None)


def tell(city_id: str, news: Sequence[News]) -> None:
    """Tell a city's screens, from any thread; nothing happens where Redis does not answer."""
    if _teller is not None:
        _teller.take_from_any_thread(city_id, news)
    else:
        _Direct.publish(city_id, news)


def tell_here(city_id: str, *news: News) -> None:
    """Tell a city's screens from the loop of an API process, for the price of a list's append; else nothing."""
    if _teller is not None:
        _teller.take(city_id, news)


class _Direct:
    """Telling from a process without a loop: a worker, a command."""

    silent_until = 0.0

    @classmethod
    def publish(cls, city_id: str, news: Sequence[News]) -> None:
        """Publish now; a Redis that is away is left alone for a while."""
        if time.monotonic() < cls.silent_until:
            return
        try:
            _client().publish(CHANNEL + city_id, orjson.dumps(list(news), option=orjson.OPT_UTC_Z))
        except (RedisError, OSError):
            cls.silent_until = time.monotonic() + WITHOUT_REDIS_FOR_S
            log.warning("Redis does not answer: screens are not told for a while")


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings().redis_url, socket_timeout=1, socket_connect_timeout=1)


class Teller:
    """Gathers what an API process has to tell, and tells it in one go. Whoever makes notices is nudged at once."""

    def __init__(self, client: Redis, nudger: Nudger | None = None) -> None:
        self._client, self._nudger = client, nudger
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, list[News]] = {}
        self._task: asyncio.Task[None] | None = None

    def take_from_any_thread(self, city_id: str, news: Sequence[News]) -> None:
        """Gather news; a process that is ending forgets them."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.take, city_id, news)

    def take(self, city_id: str, news: Sequence[News]) -> None:
        """Gather news, on the loop's own thread."""
        if self._nudger is not None:
            self._nudger.nudge()
        waiting = self._waiting.setdefault(city_id, [])
        waiting += news
        if len(waiting) > MOST_GATHERED:
            waiting[:] = [dict(CATCH_UP)]
        if self._task is None:
            self._task = self._loop.create_task(self._tell_soon())

    async def _tell_soon(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(GATHERED_FOR_S)
                told, self._waiting = self._waiting, {}
                await self._publish(told)
        finally:
            self._task = None  # whatever happened, the next news are told

    async def _publish(self, told: Mapping[str, Sequence[News]]) -> None:
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for city_id, news in told.items():
                    pipeline.publish(CHANNEL + city_id, orjson.dumps(news, option=orjson.OPT_UTC_Z))
                await pipeline.execute()
        except (RedisError, OSError):
            log.warning("Redis does not answer: screens are not told")


_teller: Teller | None = None


@dataclass(eq=False)
class Listener:
    """One screen: what it has not taken yet."""

    city_id: str
    username: str
    waiting: asyncio.Queue[News] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def give(self, news: Iterable[News]) -> None:
        """Give it news; one that takes none for long is told to read everything again instead."""
        for one in news:
            if self.waiting.full():
                while not self.waiting.empty():
                    self.waiting.get_nowait()
                self.waiting.put_nowait(dict(CATCH_UP))
            self.waiting.put_nowait(one)


class Hub:
    """The screens of an API process, and its one subscription that serves them all."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()

    @asynccontextmanager
    async def listening(self, city_id: str, username: str) -> AsyncIterator[Listener]:
        """A screen of somebody in a city, until the block ends; raises ``TooManyRequests`` for too many."""
        own = sum(one.username == username for one in self._listeners[city_id])
        if own >= MOST_OF_ONE:
            raise TooManyRequests(
                f"You have {own} screens open; close some.", retry_after_seconds=int(WITHOUT_REDIS_FOR_S)
            )
        listener = Listener(city_id, username)
        self._listeners[city_id].add(listener)
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="live")
        try:
            yield listener
        finally:
            self._listeners[city_id].discard(listener)

    async def subscribed(self) -> None:
        """Return once news are heard, at once where they are already."""
        await self._subscribed.wait()

    async def close(self) -> None:
        """End the subscription."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        """Hear of all cities for as long as the process lives; after an interruption all screens catch up."""
        while True:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as heard:
                    await heard.psubscribe(CHANNEL + "*")
                    await self._hear(heard)
            except (RedisError, OSError):
                log.warning("Redis does not answer: screens fall back on polling")
            except Exception:  # nobody would begin it anew
                log.exception("news are not heard: screens fall back on polling")
            self._subscribed.clear()
            await asyncio.sleep(1)

    async def _hear(self, heard: Any) -> None:
        first = not self._subscribed.is_set()
        self._subscribed.set()
        if first:
            for screens in self._listeners.values():
                for listener in screens:
                    listener.give([dict(CATCH_UP)])
        async for message in heard.listen():
            city_id = message["channel"].decode().removeprefix(CHANNEL)
            listeners = tuple(self._listeners.get(city_id, ()))
            news = orjson.loads(message["data"]) if listeners else ()
            for listener in listeners:
                listener.give(one for one in news if one.get("to") in (None, listener.username))


@asynccontextmanager
async def live(redis_url: str) -> AsyncIterator[Hub]:
    """Telling and hearing for an API process, until the block ends."""
    global _teller  # noqa: PLW0603 - one process, one loop
    telling = connected(redis_url, socket_timeout=1, socket_connect_timeout=1)
    hearing = connected(redis_url, socket_connect_timeout=1, health_check_interval=10)
    hub = Hub(hearing)
    nudger = Nudger(telling) if settings().broker_url is None else None
    before, _teller = _teller, Teller(telling, nudger)
    try:
        yield hub
    finally:
        _teller = before
        await hub.close()
        await telling.aclose()
        await hearing.aclose()
