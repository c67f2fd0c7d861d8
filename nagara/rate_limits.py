"""How often one source may ask, counted in Redis. Without Redis nobody is refused: no report may be lost."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from nagara.errors import TooManyRequests

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` in any window of ``seconds`` that starts on a multiple of it."""

    times: int
    seconds: int


LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "file": (Limit(20, 60), Limit(200, 86_400)),
    "media": (Limit(30, 60), Limit(300, 86_400)),
    "sign_in": (Limit(10, 60), Limit(100, 86_400)),
    "read": (Limit(600, 60),),
}
"""What residents and unknown clients may do, per source; a school or café shares one address."""


class RateLimiter:
    """Counts in fixed windows; a source is kept only as a digest."""

    def __init__(self, redis: Redis, enabled: bool, secret: bytes) -> None:
        self._redis = redis
        self._enabled = enabled
        self._secret = secret

    async def count(self, what: str, source: str) -> None:
        """Count one; raise ``TooManyRequests`` with the seconds to wait if that is one too many."""
        if not self._enabled:
            return
        now = int(time.time())
        digest = hashlib.blake2b(source.encode(), key=self._secret[:64], digest_size=16).hexdigest()
        for limit in LIMITS[what]:
            window = now // limit.seconds
            key = f"limit:{what}:{limit.seconds}:{window}:{digest}"
            if await self._increment(key, limit.seconds) > limit.times:
                wait = (window + 1) * limit.seconds - now
                raise TooManyRequests(
                    f"Too many requests; try again in {wait} seconds.", retry_after_seconds=wait
                )

    async def _increment(self, key: str, seconds: int) -> int:
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, seconds)
                count, _ = await pipeline.execute()
                return int(count)
        except (RedisError, OSError):
            log.warning("rate limits are off: Redis does not answer")
            return 0
