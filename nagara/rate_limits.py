"""How often one source may ask, counted in Redis. Without Redis nobody is refused: no report may be lost."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import cast

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
    "check": (Limit(60, 60), Limit(1500, 86_400)),
    # Another system files for many people from one address: it is held as a whole, and each of them like anybody.
    "file by system": (Limit(600, 60), Limit(100_000, 86_400)),
    "file by device": (Limit(10, 60), Limit(60, 86_400)),
    "file by contact": (Limit(10, 3600), Limit(40, 86_400)),
    "check by device": (Limit(40, 60), Limit(600, 86_400)),
    "media": (Limit(30, 60), Limit(300, 86_400)),
    "media by device": (Limit(20, 60), Limit(150, 86_400)),
    # Failed sign-ins only: what succeeded is taken back. By account and address a guesser stands alone; by
    # account only addresses from which nobody ever got in are held, so that its owner is not locked out.
    "sign_in": (Limit(10, 60), Limit(100, 86_400)),
    "sign_in by account and address": (Limit(5, 300), Limit(20, 86_400)),
    "sign_in by account": (Limit(50, 3600),),
    # All updates come from Telegram's few addresses: each chat is held by itself, and told so once a minute.
    "update by chat": (Limit(30, 60), Limit(600, 86_400)),
    "file by chat": (Limit(10, 3600), Limit(40, 86_400)),
    "refused chat": (Limit(1, 60),),
    "updates": (Limit(6000, 60),),
    "say": (Limit(30, 60), Limit(300, 86_400)),
    "say by device": (Limit(15, 60), Limit(100, 86_400)),
    "say by link": (Limit(12, 60), Limit(60, 86_400)),
    "read": (Limit(600, 60),),
    # A map asks for some dozen tiles at each move of the hand.
    "tile": (Limit(3000, 60),),
    # A city sends one a day; checking a signature and megabytes of counts costs more than reading.
    "bundle": (Limit(10, 60), Limit(200, 86_400)),
    # A message to somebody who may not have asked for it: few to one contact, however many ask.
    "code": (Limit(10, 600), Limit(60, 86_400)),
    "code by device": (Limit(5, 600), Limit(20, 86_400)),
    "code by contact": (Limit(3, 600), Limit(10, 86_400)),
    # Guesses: with five tries a code and these limits, a million codes stay a million.
    "try code": (Limit(30, 600), Limit(200, 86_400)),
    "try code by contact": (Limit(15, 3600), Limit(40, 86_400)),
    "follow": (Limit(20, 600), Limit(100, 86_400)),
    "follow by device": (Limit(10, 600), Limit(60, 86_400)),
}
"""What residents and unknown clients may do. Plain names count by address, which a school or a café shares;
``by device`` by the random number a client may send of itself, ``by contact`` by an e-mail address or number,
``by link`` by the token of a private link."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call comes from: its address, and the random number its client gave itself, if it did."""

    address: str
    device: str | None = None


COUNT_ONCE = """
if redis.call('exists', KEYS[2]) == 1 then return 0 end
local count = redis.call('incr', KEYS[1])
redis.call('expire', KEYS[1], ARGV[1])
if count <= tonumber(ARGV[2]) then redis.call('set', KEYS[2], 1, 'ex', ARGV[3]) end
return count
"""
"""Counts unless the same was let through before. One script, so that of many at once exactly one counts."""

REPEATED_WITHIN_SECONDS = 86_400

WITHOUT_REDIS_FOR_S = 1.0
"""After a failure nothing is asked for so long. A report is held against up to seven limits, one after the other, and
would wait for a Redis that is cut off at each of them."""


class RateLimiter:
    """Counts in fixed windows; a source is kept only as a digest."""

    def __init__(self, redis: Redis, enabled: bool, secret: bytes) -> None:
        self._redis = redis
        self._enabled = enabled
        self._secret = secret
        self._away_until = 0.0

    async def count(self, what: str, source: str, same: str | None = None) -> None:
        """Count one; raise ``TooManyRequests`` with the seconds to wait if that is one too many.

        ``same`` names what is asked: once let through, its repetitions within a day count no more.
        """
        if not self._enabled:
            return
        now = int(time.time())
        wait = 0
        for limit in LIMITS[what]:
            window = now // limit.seconds
            key = self._key(what, source, limit, now)
            # What is refused already does not use up the longer windows, but their wait is told, too.
            over = (
                await self._kept(key) >= limit.times
                if wait
                else await self._increment(key, limit, self._mark(what, source, limit, same)) > limit.times
            )
            if over:
                wait = max(wait, (window + 1) * limit.seconds - now)
        if wait:
            raise TooManyRequests(
                f"Too many requests; try again in {wait} seconds.", retry_after_seconds=wait
            )

    async def take_back(self, what: str, source: str) -> None:
        """Count one less: it turned out to be what the limit is not meant for."""
        if not self._enabled:
            return
        now = int(time.time())
        try:
            for limit in LIMITS[what]:
                key = self._key(what, source, limit, now)
                if await self._kept(key) > 0:
                    await self._redis.decr(key)
        except (RedisError, OSError):
            self._leave_alone()

    async def remember(self, what: str, source: str, seconds: int) -> None:
        """Know something of a source for a while."""
        if self._enabled and not self._away():
            try:
                await self._redis.set(f"known:{what}:{self._digest(source)}", 1, ex=seconds)
            except (RedisError, OSError):
                self._leave_alone()

    async def remembers(self, what: str, source: str) -> bool:
        """Whether that is still known of a source; without Redis nothing is."""
        return self._enabled and await self._kept(f"known:{what}:{self._digest(source)}") > 0

    def _away(self) -> bool:
        """Whether Redis did not answer a moment ago."""
        return time.monotonic() < self._away_until

    def _leave_alone(self) -> None:
        self._away_until = time.monotonic() + WITHOUT_REDIS_FOR_S
        log.warning("rate limits are off: Redis does not answer")

    def _digest(self, source: str) -> str:
        return hashlib.blake2b(source.encode(), key=self._secret[:64], digest_size=16).hexdigest()

    def _key(self, what: str, source: str, limit: Limit, now: int) -> str:
        return f"limit:{what}:{limit.seconds}:{now // limit.seconds}:{self._digest(source)}"

    def _mark(self, what: str, source: str, limit: Limit, same: str | None) -> str | None:
        """The key that says that this was let through before, for what can be repeated."""
        return None if same is None else f"passed:{what}:{limit.seconds}:{self._digest(f'{source} {same}')}"

    async def _kept(self, key: str) -> int:
        if self._away():
            return 0
        try:
            return int(await self._redis.get(key) or 0)
        except (RedisError, OSError):
            self._leave_alone()
            return 0

    async def count_all(
        self, what: str, source: Source, contact: bytes | None = None, same: str | None = None
    ) -> None:
        """Count one by address, device and contact, where there is a limit for each; ``same`` as in ``count``.

        Raises ``TooManyRequests`` if any of them is reached, with the longest of their waits: whoever comes back
        after it is let in. The address always counts: a device can call itself anything.
        """
        sources = {what: source.address}
        alone = what.partition(" by ")[0]
        if source.device:
            sources[f"{alone} by device"] = source.device
        if contact:
            sources[f"{alone} by contact"] = contact.hex()
        refusals: list[TooManyRequests] = []
        for name, value in sources.items():
            if name in LIMITS:
                try:
                    await self.count(name, value, same)
                except TooManyRequests as refusal:
                    refusals.append(refusal)
        if refusals:
            raise max(refusals, key=lambda refusal: refusal.retry_after_seconds)

    async def _increment(self, key: str, limit: Limit, mark: str | None) -> int:
        seconds = limit.seconds
        if self._away():
            return 0
        try:
            if mark is not None:
                values = (str(seconds), str(limit.times), str(REPEATED_WITHIN_SECONDS))
                return int(await cast(Awaitable[int], self._redis.eval(COUNT_ONCE, 2, key, mark, *values)))
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, seconds)
                count, _ = await pipeline.execute()
                return int(count)
        except (RedisError, OSError):
            self._leave_alone()
            return 0
