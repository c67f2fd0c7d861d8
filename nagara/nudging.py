"""After a commit, whoever makes notices of what happened is nudged over the task queue, without the commit waiting.

A nudge is "look now" and nothing else: what there is to do stands in ``event_outbox``, and the timer that looks there
every two seconds finds whatever a lost nudge left. An API process sends one at a time, and none while an earlier one,
of whichever process, has not been begun, nor where the queue is long: a worker that is away finds no thousands. When
very many commits come, nudges come more seldom: a batch that is a little larger costs less than many small ones.

Where the task queue is not on Redis (``NAGARA_BROKER_URL``), there are no nudges: the timer's two seconds remain.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import logging
import uuid
from contextlib import suppress
from typing import Any

import orjson
import redis
from redis.asyncio import Redis
from redis.exceptions import RedisError

TASK, QUEUE = "notifications.compose", "notices"
IN_FLIGHT = "nagara:nudged:" + TASK
LOST_AFTER_MS = 2_000
"""An earlier nudge that nobody began within this time is taken for lost; the timer has looked by then."""

MOST_WAITING = 50
"""Tasks in the queue from which on a nudge would only be one more: nobody takes them, or not soon."""

DROPPED_AFTER = dt.timedelta(seconds=30)

SHORTEST_GAP_S, LONGEST_GAP_S = 0.008, 0.25
MANY_A_SECOND, BEHIND_S = 180.0, 0.003
"""Commits of a process a second, and how much later than asked for its loop comes back, from which on the gap between
nudges is doubled again and again: then its processor is what is scarce."""

SMOOTHED_OVER_S = 0.5

WITHOUT_REDIS_FOR_S = 5.0

SEND_UNLESS_IN_FLIGHT = """
if redis.call('llen', KEYS[2]) >= tonumber(ARGV[3]) then return 0 end
if redis.call('set', KEYS[1], '1', 'nx', 'px', ARGV[1]) then redis.call('lpush', KEYS[2], ARGV[2]) return 1 end
return 0
"""
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
        self._commits = 0
        self._gap, self._rate, self._behind = SHORTEST_GAP_S, 0.0, 0.0
        self._task: asyncio.Task[None] | None = None

    def nudge(self) -> None:
        """Something was committed of which somebody may have to be told; costs next to nothing."""
        self._commits += 1
        if self._task is None:
            self._task = self._loop.create_task(self._send_while_there_are())

    async def _send_while_there_are(self) -> None:
        try:
            while self._commits:
                await self._send()
        finally:
            self._task = None  # whatever happened, the next commit nudges again

    async def _send(self) -> None:
        """Send one nudge for all commits so far, and gather those of the gap after it."""
        self._commits, began = 0, self._loop.time()
        try:
            await self._client.eval(
                SEND_UNLESS_IN_FLIGHT,
                2,
                IN_FLIGHT,
                QUEUE,
                LOST_AFTER_MS,
                message(TASK, QUEUE, dt.datetime.now(dt.UTC)),
                MOST_WAITING,
            )
        except (RedisError, OSError):
            log.warning("Redis does not answer: notices wait for their timer")
            await asyncio.sleep(WITHOUT_REDIS_FOR_S)
        asleep = self._loop.time()
        await asyncio.sleep(self._gap)
        now = self._loop.time()
        self._learn(now - began, now - asleep - self._gap)

    def _learn(self, took: float, behind: float) -> None:
        """How busy the process is, smoothed, decides how long commits are gathered before the next nudge."""
        weight = min(1.0, took / SMOOTHED_OVER_S)
        self._rate += weight * (self._commits / took - self._rate)
        self._behind += weight * (behind - self._behind)
        busy = self._rate > MANY_A_SECOND or self._behind > BEHIND_S
        self._gap = min(self._gap * 2, LONGEST_GAP_S) if busy else SHORTEST_GAP_S


def begun(client: redis.Redis) -> None:
    """A worker begins to look: what is committed from now on needs a nudge of its own."""
    with suppress(RedisError, OSError):  # then it counts as lost in a moment
        client.delete(IN_FLIGHT)
