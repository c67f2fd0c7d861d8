"""How often one source may ask, counted in Redis. Without Redis nobody is refused: no report may be lost."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from nagara.errors import TooManyRequests
from nagara.redis_connections import Direct

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` in any window of ``seconds`` that starts on a multiple of it."""

    times: int
    seconds: int


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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call comes from: its address, and the random number its client gave itself, if it did."""

    address: str
    device: str | None = None


COUNT = """
local over = {}
for caller, held in ipairs(cjson.decode(ARGV[1])) do
    local refused = {}
    for place, one in ipairs(held) do
        local key, mark, source, seconds, times = one[1], one[2], one[3], one[4], one[5]
        local count
        if refused[source] then
            count = tonumber(redis.call('get', key) or '0') + 1
        elseif mark ~= '' and redis.call('exists', mark) == 1 then
            count = 0
        else
            count = redis.call('incr', key)
            if count == 1 then redis.call('expire', key, seconds + ARGV[3]) end
            if mark ~= '' and count <= times then redis.call('set', mark, 1, 'ex', ARGV[2]) end
        end
        if count > times then
            refused[source] = true
            over[#over + 1] = caller - 1
            over[#over + 1] = place - 1
        end
    end
end
return over
"""
"""Counts one at each limit of each caller's sources, and returns at which it was one too many: by caller and place.
What was let through before, by its mark, counts no more; what is refused already does not use up a source's longer
windows. One script, so that of many at once exactly one counts, and whatever is asked while Redis answers goes along in
one more; in one argument, because the client spends as long on each as Redis on counting."""

REPEATED_WITHIN_SECONDS = 86_400

LATE_SECONDS = 15
"""A window's count is kept so long after its end: longer than a report waits in the line before it is counted."""

MOST_AT_ONCE = 64
"""Callers that one question to Redis counts for."""

WITHOUT_REDIS_FOR_S = 1.0
"""After a failure nothing is asked for so long: each report would wait for a Redis that is cut off."""


class _Held(NamedTuple):
    """One limit that a source is held against: what is counted, and what says that it was let through before."""

    key: str
    mark: str
    what: str
    limit: Limit
    ends: int
    """When the window ends, in seconds of the epoch."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who is to be counted before they are let in: alone, or with others who came together."""

    limiter: RateLimiter
    held: tuple[_Held, ...]

    async def ask(self) -> None:
        """Count one; raise ``TooManyRequests`` if that is one too many anywhere."""
        refusal = await self.limiter.counted(self.held)
        if refusal is not None:
            raise refusal


async def refusals(admissions: Sequence[Admission]) -> list[TooManyRequests | None]:
    """Count all of these callers, who are of one limiter, in one question to Redis; each one's refusal, if any."""
    return await admissions[0].limiter.counted_each([one.held for one in admissions]) if admissions else []


@dataclass(frozen=True, slots=True)
class _Asked:
    """Callers who are to be counted together, and the promise of where each was one too many."""

    callers: Sequence[Sequence[_Held]]
    answer: asyncio.Future[list[list[_Held]]]


class _Line:
    """Asks Redis for all who wait at once: a question of its own for each costs more than all the counting."""

    def __init__(self, redis: Redis) -> None:
        self._direct = Direct(redis)
        self._waiting: deque[_Asked] = deque()
        self._asking: asyncio.Task[None] | None = None

    async def counted(self, callers: Sequence[Sequence[_Held]]) -> list[list[_Held]]:
        """Count each caller once at each of theirs; returns where each was one too many. Raises what Redis, or the way
        to it, raises."""
        asked = _Asked(callers, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asked.answer

    async def _ask(self) -> None:
        await asyncio.sleep(0)  # who is about to ask goes along
        while self._waiting:
            asking = self._next()
            try:
                over = iter(await self.over([held for asked in asking for held in asked.callers]))
            except Exception as fault:  # nobody may wait for ever; each decides what it means
                # Whoever waits behind them would wait as long again for the same.
                for asked in (*asking, *self._waiting):
                    if not asked.answer.done():
                        asked.answer.set_exception(fault)
                self._waiting.clear()
            else:
                for asked in asking:
                    found = [next(over) for _ in asked.callers]
                    if not asked.answer.done():
                        asked.answer.set_result(found)

    def _next(self) -> list[_Asked]:
        """Those whom the next question counts: as many as it may, but whoever came together stays together."""
        asking = [self._waiting.popleft()]
        callers = len(asking[0].callers)
        while self._waiting and callers + len(self._waiting[0].callers) <= MOST_AT_ONCE:
            asking.append(self._waiting.popleft())
            callers += len(asking[-1].callers)
        return asking

    async def over(self, callers: Sequence[Sequence[_Held]]) -> list[list[_Held]]:
        """Count all of these in one question; where each was one too many. Raises as ``counted``."""
        asked = [
            [(one.key, one.mark, one.what, one.limit.seconds, one.limit.times) for one in held]
            for held in callers
        ]
        places: list[int] = await self._direct.ask(
            "EVAL", COUNT, 0, orjson.dumps(asked), REPEATED_WITHIN_SECONDS, LATE_SECONDS
        )
        found: list[list[_Held]] = [[] for _ in callers]
        for caller, place in zip(places[::2], places[1::2], strict=True):
            found[caller].append(callers[caller][place])
        return found


class RateLimiter:
    """Counts in fixed windows; a source is kept only as a digest."""

    def __init__(self, redis: Redis, enabled: bool, secret: bytes) -> None:
        self._redis = redis
        self._line = _Line(redis)
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
        held: list[_Held] = []
        for what, source in sources.items():
            own = self._digest(source)
            once = None if same is None or what == READ else self._digest(f"{source} {same}")
            for limit in LIMITS[what]:
                mark = "" if once is None else f"passed:{what}:{limit.seconds}:{once}"
                ends = (now // limit.seconds + 1) * limit.seconds
                held.append(_Held(_key(what, limit, now, own), mark, what, limit, ends))
        return Admission(self, tuple(held))

    async def counted(self, held: Sequence[_Held]) -> TooManyRequests | None:
        """Count one at each of these, with whoever else asks now; the refusal if that is one too many."""
        if not held or self._away():
            return None
        try:
            [over] = await self._line.counted([held])
            return _refusal(over)
        except (RedisError, OSError):
            self._leave_alone()
            return None

    async def counted_each(self, callers: Sequence[Sequence[_Held]]) -> list[TooManyRequests | None]:
        """Count one at each of each caller's; each caller's refusal."""
        if not any(callers) or self._away():
            return [None] * len(callers)
        try:
            return [_refusal(over) for over in await self._line.counted(callers)]
        except (RedisError, OSError):
            self._leave_alone()
            return [None] * len(callers)


def _refusal(over: Sequence[_Held]) -> TooManyRequests | None:
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
