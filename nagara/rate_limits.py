"""How often one source may ask, counted in Redis. Without Redis nobody is refused: no report may be lost."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from nagara.errors import TooManyRequests
from nagara.rate_counts import Held, Limit, Line

log = logging.getLogger(__name__)


READ = "read"
"""The limit of reading."""

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
    READ: (Limit(600, 60),),
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

COUNTED_AFTERWARDS = frozenset({READ, "tile", "file", "file by device", "file by contact"})
"""Whoever is far from these limits, and held against no others, goes on at once; Redis is told a moment later."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call comes from: its address, and the random number its client gave itself, if it did."""

    address: str
    device: str | None = None


WITHOUT_REDIS_FOR_S = 1.0
"""After a failure nothing is asked for so long: each report would wait for a Redis that is cut off."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who is to be let in within limits: alone, or with others who came together."""

    limiter: RateLimiter
    held: tuple[Held, ...]

    async def ask(self) -> None:
        """Count one; raise ``TooManyRequests`` if that is one too many anywhere."""
        if not self.limiter.lets_ahead(self.held):
            [refusal] = await self.limiter.counted([self.held])
            if refusal is not None:
                raise refusal


async def refusals(admissions: Sequence[Admission]) -> list[TooManyRequests | None]:
    """Count all of these callers, who are of one limiter; each one's refusal, if any. Whom Redis has to be asked of, it
    is in one question."""
    told: list[TooManyRequests | None] = [None] * len(admissions)
    first = [at for at, one in enumerate(admissions) if not one.limiter.lets_ahead(one.held)]
    if first:
        answers = await admissions[0].limiter.counted([admissions[at].held for at in first])
        for at, answer in zip(first, answers, strict=True):
            told[at] = answer
    return told


class RateLimiter:
    """Counts in fixed windows; a source is kept only as a digest."""

    def __init__(self, redis: Redis, enabled: bool, secret: bytes) -> None:
        self._redis = redis
        self._line = Line(redis, self._not_told)
        self._enabled = enabled
        self._secret = secret
        self._away_until = 0.0

    async def count(self, what: str, source: str, same: str | None = None) -> None:
        """Count one; raise ``TooManyRequests`` with the seconds to wait if that is one too many.

        ``same`` names what is asked: once let through, its repetitions within a day count no more.
        """
        await self._admission({what: source}, same).ask()

    async def take_back(self, what: str, source: str) -> None:
        """Count one less: it turned out to be what the limit is not meant for."""
        if not self._enabled:
            return
        now = int(time.time())
        try:
            for limit in LIMITS[what]:
                key = _key(what, limit, now, self._digest(source))
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

        Whatever can be repeated counts as reading, too, each time. Raises ``TooManyRequests`` if any limit is reached,
        with the longest of their waits: whoever comes back after it is let in. The address always counts: a device can
        call itself anything.
        """
        await self.admission(what, source, contact, same).ask()

    def admission(
        self, what: str, source: Source, contact: bytes | None = None, same: str | None = None
    ) -> Admission:
        """What ``count_all`` would count, to be counted later."""
        sources = {what: source.address}
        alone = what.partition(" by ")[0]
        if source.device:
            sources[f"{alone} by device"] = source.device
        if contact:
            sources[f"{alone} by contact"] = contact.hex()
        if same is not None:
            sources[READ] = source.address
        return self._admission({name: value for name, value in sources.items() if name in LIMITS}, same)

    def _admission(self, sources: Mapping[str, str], same: str | None) -> Admission:
        """Some sources, by what they are, at all their limits."""
        if not self._enabled:
            return Admission(self, ())
        now = int(time.time())
        held: list[Held] = []
        for what, source in sources.items():
            own = self._digest(source)
            once = None if same is None or what == READ else self._digest(f"{source} {same}")
            for limit in LIMITS[what]:
                mark = "" if once is None else f"passed:{what}:{limit.seconds}:{once}"
                ends = (now // limit.seconds + 1) * limit.seconds
                held.append(
                    Held(_key(what, limit, now, own), mark, what, limit, ends, what in COUNTED_AFTERWARDS)
                )
        return Admission(self, tuple(held))

    def _not_told(self, fault: Exception) -> None:
        if isinstance(fault, (RedisError, OSError)):
            self._leave_alone()
        else:
            log.error("a fault of ours in counting", exc_info=fault)

    def lets_ahead(self, held: Sequence[Held]) -> bool:
        """Let a caller go on before they are counted, where they are far from all limits or nobody counts now; False if
        they are to be counted first."""
        return not held or self._away() or self._line.lets_ahead(held)

    async def counted(self, callers: Sequence[Sequence[Held]]) -> list[TooManyRequests | None]:
        """Count one at each of each caller's, with whoever else asks now; each caller's refusal."""
        try:
            return [_refusal(over) for over in await self._line.counted(callers)]
        except (RedisError, OSError):
            self._leave_alone()
            return [None] * len(callers)


def _refusal(over: Sequence[Held]) -> TooManyRequests | None:
    """The refusal of somebody who was one too many at these, with the longest wait."""
    if not over:
        return None
    wait = max(1, max(one.ends for one in over) - int(time.time()))
    return TooManyRequests(
        f"Too many requests; try again in {wait} seconds.",
        retry_after_seconds=wait,
        reached={one.what for one in over},
    )


def _key(what: str, limit: Limit, now: int, whose: str) -> str:
    return f"limit:{what}:{limit.seconds}:{now // limit.seconds}:{whose}"
