"""Who looks at a request just now, so that two people on one see each other. Kept in Redis, forgotten by itself."""

from __future__ import annotations

import logging
import time

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from nagara.accounts import Account
from nagara.staff import live

log = logging.getLogger(__name__)

LASTS_S = 45
"""A screen says every so often that it is still there; one that was closed without a word is gone after this."""

Person = dict[str, str]


class Presence:
    """Who looks at what. Where Redis does not answer, nobody is seen, and work goes on."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def come(self, account: Account, reference: str) -> list[Person]:
        """Somebody looks at a request, or still does; returns all who do."""
        return await self._say(account, reference, stays=True)

    async def go(self, account: Account, reference: str) -> list[Person]:
        """Somebody looks at it no longer; returns who still does."""
        return await self._say(account, reference, stays=False)

    async def _say(self, account: Account, reference: str, *, stays: bool) -> list[Person]:
        key = f"nagara:presence:{account.city_id}:{reference}"
        person = {"username": account.username, "display_name": account.display_name}
        member, now = orjson.dumps(person), time.time()
        try:
            async with self._client.pipeline(transaction=True) as pipeline:
                pipeline.zremrangebyscore(key, "-inf", now)
                if stays:
                    pipeline.zadd(key, {member: now + LASTS_S})
                else:
                    pipeline.zrem(key, member)
                pipeline.expire(key, LASTS_S)
                pipeline.zrange(key, 0, -1)
                gone, moved, _, members = await pipeline.execute()
        except (RedisError, OSError):
            log.warning("Redis does not answer: people on one request do not see each other")
            return []
        people: list[Person] = sorted(
            (orjson.loads(one) for one in members), key=lambda one: str(one["username"])
        )
        if gone or moved:
            live.tell(account.city_id, [{"kind": "presence", "reference": reference, "people": people}])
        return people
