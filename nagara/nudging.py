"""After a commit, whoever makes notices of what happened is nudged over the task queue, without the commit waiting.

A nudge is "look now" and nothing else: what there is to do stands in ``event_outbox``, and the timer that looks there
every two seconds finds whatever a lost nudge left. Where one report comes, another comes: a worker that was nudged
goes on looking for a while (``workers/following.py``), and as long as a nudge is under way or a worker looks, whichever
process's, a commit costs one question to Redis for all of a tenth of a second. Where the queue is long nothing is
added to it: a worker that is away finds no thousands.

Where the task queue is not on Redis (``NAGARA_BROKER_URL``), there are no nudges: the timer's two seconds remain.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
import redis
from redis.asyncio import Redis
from redis.exceptions import RedisError

TASK, QUEUE = "notifications.follow", "events"
FOLLOWED = "nagara:followed:" + TASK
"""The key in Redis that says that a nudge is under way, or which worker looks."""

LOST_AFTER_MS, SILENT_AFTER_MS = 2_000, 5_000
"""A nudge that nobody began within the first, and a worker not heard of for the second, count as lost; the timer has
looked by then. The second is longer than a look at thousands of events takes."""

MOST_WAITING = 50
"""Tasks in the queue from which on a nudge would only be one more: nobody takes them, or not soon."""

DROPPED_AFTER = dt.timedelta(seconds=30)

AFTER_A_NUDGE_S, WHILE_FOLLOWED_S = 0.008, 0.1
"""How long a process gathers commits before it asks again: after a nudge of its own, and where nobody needs one. The
second is shorter than a worker goes on looking in vain."""

WITHOUT_REDIS_FOR_S = 5.0

NUDGED = "nudged"
SEND_UNLESS_FOLLOWED = """
if redis.call('llen', KEYS[2]) >= tonumber(ARGV[3]) then return 0 end
if redis.call('set', KEYS[1], ARGV[4], 'nx', 'px', ARGV[1]) then redis.call('lpush', KEYS[2], ARGV[2]) return 1 end
return 0
"""
GO_ON = """
local who = redis.call('get', KEYS[1])
if who and who ~= ARGV[1] and who ~= ARGV[2] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[3])
return 1
"""
HAND_OVER = """
local who = redis.call('get', KEYS[1])
if who and who ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
redis.call('lpush', KEYS[2], ARGV[4])
return 1
"""
TAKE_BACK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
BODY = base64.b64encode(
    orjson.dumps([[], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
).decode()

log = logging.getLogger(__name__)


def message(task: str, queue: str, now: dt.datetime) -> bytes:
    """A call of a task without arguments as Celery's clients leave it in Redis: message protocol 2, kombu's envelope.

    Written out, because the client itself would cost every API process its modules and a thread. A test holds it
    against what the client sends.
    """
    id_ = str(uuid.uuid4())
    headers: dict[str, Any] = dict.fromkeys(("eta", "group", "group_index", "parent_id", "shadow"))
    headers |= {
        "lang": "py",
        "task": task,
        "id": id_,
        "root_id": id_,
        "expires": (now + DROPPED_AFTER).isoformat(),
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "api",
        "ignore_result": True,
        "replaced_task_nesting": 0,
        "stamped_headers": None,
        "stamps": {},
    }
    properties = {
        "correlation_id": id_,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": queue, "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid.uuid4()),
    }
    envelope = {"content-encoding": "utf-8", "content-type": "application/json", "headers": headers}
    return orjson.dumps({"body": BODY, **envelope, "properties": properties})


class Nudger:
    """An API process's nudges. To be used on the thread of its loop."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._committed = False
        self._task: asyncio.Task[None] | None = None

    def nudge(self) -> None:
        """Something was committed of which somebody may have to be told; costs next to nothing."""
        self._committed = True
        if self._task is None:
            self._task = self._loop.create_task(self._send_while_there_are())

    async def _send_while_there_are(self) -> None:
        try:
            while self._committed:
                self._committed = False
                await asyncio.sleep(await self._send())
        finally:
            self._task = None  # whatever happened, the next commit nudges again

    async def _send(self) -> float:
        """Send one nudge for all commits so far unless nobody needs it; returns how long to gather further ones."""
        call = message(TASK, QUEUE, dt.datetime.now(dt.UTC))
        try:
            sent = await self._client.eval(
                SEND_UNLESS_FOLLOWED, 2, FOLLOWED, QUEUE, LOST_AFTER_MS, call, MOST_WAITING, NUDGED
            )
        except (RedisError, OSError):
            log.warning("Redis does not answer: notices wait for their timer")
            return WITHOUT_REDIS_FOR_S
        return AFTER_A_NUDGE_S if sent else WHILE_FOLLOWED_S


class Followed:
    """A worker's word that it looks: until it is taken back, or it is silent for long, nobody needs a nudge.

    One worker looks at a time. Nudges that were taken for lost may come all at once to workers that were away, and each
    would go on for as long as anything comes, until none was left for anything else.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._name = client, str(uuid.uuid4())

    def go_on(self) -> bool:
        """It looks, and goes on looking; False where another does."""
        try:
            return bool(self._client.eval(GO_ON, 1, FOLLOWED, self._name, NUDGED, SILENT_AFTER_MS))
        except (RedisError, OSError):
            return True  # then nudges come that nobody needs

    def hand_over(self) -> None:
        """It is to end in the midst of it: the next takes over, as if nudged, and nobody else nudges meanwhile."""
        call = message(TASK, QUEUE, dt.datetime.now(dt.UTC))
        with suppress(RedisError, OSError):  # then the word is taken back, or no longer believed in a moment
            self._client.eval(HAND_OVER, 2, FOLLOWED, QUEUE, self._name, NUDGED, LOST_AFTER_MS, call)

    def taken_over(self) -> bool:
        """Whether another looks by now, or nobody can tell."""
        try:
            who = self._client.get(FOLLOWED)
        except (RedisError, OSError):
            return True
        return who is not None and who not in (NUDGED.encode(), self._name.encode())

    def take_back(self) -> None:
        """What is committed from now on needs a nudge of its own, unless another looks, or is to."""
        with suppress(RedisError, OSError):
            self._client.eval(TAKE_BACK, 1, FOLLOWED, self._name)


@contextmanager
def followed(client: redis.Redis) -> Iterator[Followed]:
    """A worker's word, taken back at the end, also where it fails; unless it was handed over."""
    word = Followed(client)
    try:
        yield word
    finally:
        word.take_back()
