"""Counts of rate limits as Redis keeps them: many callers in one question, and some of whom it is told afterwards."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from redis.asyncio import Redis

from nagara.redis_connections import Direct


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` in any window of ``seconds`` that starts on a multiple of it."""

    times: int
    seconds: int


class Held(NamedTuple):
    """One limit that a source is held against: what is counted, and what says that it was let through before."""

    key: str
    mark: str
    what: str
    limit: Limit
    ends: int
    """When the window ends, in seconds of the epoch."""
    afterwards: bool = False
    """Whether whoever is far from the limit may go on before they are counted."""


COUNT = """
local over, crowded = {}, {}
for caller, held in ipairs(cjson.decode(ARGV[1])) do
    local passed, refused = caller <= tonumber(ARGV[2]), {}
    for place, one in ipairs(held) do
        local key, mark, source, seconds, times, afterwards = one[1], one[2], one[3], one[4], one[5], one[6]
        local count
        if refused[source] and not passed then
            count = tonumber(redis.call('get', key) or '0') + 1
        elseif mark ~= '' and redis.call('exists', mark) == 1 then
            count = 0
        else
            count = redis.call('incr', key)
            if count == 1 then redis.call('expire', key, seconds + ARGV[4]) end
            if mark ~= '' and (passed or count <= times) then redis.call('set', mark, 1, 'ex', ARGV[3]) end
        end
        if afterwards and count * 2 > times then
            crowded[#crowded + 1] = caller - 1
            crowded[#crowded + 1] = place - 1
        end
        if count > times then
            refused[source] = true
            over[#over + 1] = caller - 1
            over[#over + 1] = place - 1
        end
    end
end
return {over, crowded}
"""
"""Counts one at each limit of each caller's sources; so many of the first have passed already. Returns at which it was
one too many, and which are more than half used up, of those that are counted afterwards: by caller and place. What was
let through before, by its mark, counts no more; what is refused does not use up a source's longer windows. One script,
so that of many at once exactly one counts, and what is asked while Redis answers goes along in one more. Callers are
one argument, because the client spends as long on each as Redis on counting."""

REPEATED_WITHIN_SECONDS = 86_400

LATE_SECONDS = 15
"""A window's count is kept so long after its end: longer than a report waits in the line before it is counted."""

MOST_AT_ONCE = 64
"""Callers who wait for one question to Redis."""

MOST_TOLD = 512
"""Callers let through ahead of whom one question tells: Redis does nothing else meanwhile."""

TOLD_WITHIN_S = 0.1
"""Whoever was let through ahead is told of after so long, unless a question goes sooner."""

AHEAD_SHARE = 20
"""One in so many of a limit, and one of any, may a process let through before Redis answers that it knows."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Callers who are to be counted together, and the promise of where each was one too many."""

    callers: Sequence[Sequence[Held]]
    answer: asyncio.Future[list[list[Held]]]


class Line:
    """Asks Redis for all who wait at once: a question of its own for each costs more than all the counting."""

    def __init__(self, redis: Redis, not_told: Callable[[Exception], None]) -> None:
        """``not_told`` hears why Redis could not be told of somebody, where nobody waits for the answer."""
        self._direct = Direct(redis)
        self._not_told = not_told
        self._waiting: deque[_Asked] = deque()
        self._asking: asyncio.Task[None] | None = None
        self._ahead: list[Sequence[Held]] = []
        """Who was let through, and is to be told of."""
        self._tells: asyncio.TimerHandle | None = None
        self._open: dict[str, int] = {}
        """How many of each window Redis has not answered of yet: of those let through ahead, and of those who wait."""
        self._crowded: dict[str, int] = {}
        """The windows of which more than half is used up, by key, and when they end."""

    async def counted(self, callers: Sequence[Sequence[Held]]) -> list[list[Held]]:
        """Count each caller once at each of theirs; returns where each was one too many. Raises what Redis, or the way
        to it, raises."""
        asked = _Asked(callers, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._opened(callers)
        self._begin()
        return await asked.answer

    def lets_ahead(self, held: Sequence[Held]) -> bool:
        """Let a caller through at once, to be told of later; False if they are to be counted first.

        Nobody where more than half of a window is used up as far as is known here, and only while those of whom Redis
        has not answered yet are less than a part of it (``AHEAD_SHARE``). So what one process lets through is exactly
        the limit, as long as no answer is lost.
        """
        for one in held:
            share = one.limit.times // AHEAD_SHARE or 1
            if not one.afterwards or one.key in self._crowded or self._open.get(one.key, 0) >= share:
                return False
        self._ahead.append(held)
        self._opened([held])
        if self._tells is None:
            self._tells = asyncio.get_running_loop().call_later(TOLD_WITHIN_S, self._tell)
        return True

    def _opened(self, callers: Iterable[Sequence[Held]]) -> None:
        for held in callers:
            for one in held:
                self._open[one.key] = self._open.get(one.key, 0) + 1

    def _closed(self, callers: Iterable[Sequence[Held]]) -> None:
        for held in callers:
            for one in held:
                still = self._open.pop(one.key) - 1
                if still:
                    self._open[one.key] = still

    def _tell(self) -> None:
        self._tells = None
        if self._ahead and not self._begin():  # what is asked now left without them
            self._tells = asyncio.get_running_loop().call_later(TOLD_WITHIN_S, self._tell)

    def _begin(self) -> bool:
        """Ask, unless a question is under way."""
        if self._asking is not None and not self._asking.done():
            return False
        # In a context of its own: what it logs belongs to no single call.
        self._asking = asyncio.create_task(self._ask(), context=contextvars.Context())
        return True

    async def _ask(self) -> None:
        await asyncio.sleep(0)  # who is about to ask goes along
        while True:
            told, self._ahead = self._ahead[:MOST_TOLD], self._ahead[MOST_TOLD:]
            more = bool(self._ahead)
            asking = [] if more else self._next()  # whoever went ahead is counted first
            callers = [*told, *(held for asked in asking for held in asked.callers)]
            try:
                over = iter((await self.over(callers, len(told)))[len(told) :])
            except Exception as fault:  # nobody may wait for ever; each decides what it means
                self._fail(asking, fault)
            else:
                for asked in asking:
                    found = [next(over) for _ in asked.callers]
                    if not asked.answer.done():
                        asked.answer.set_result(found)
            finally:
                self._closed(callers)
            if not self._waiting and not (more and self._ahead):
                return

    def _fail(self, asking: Sequence[_Asked], fault: Exception) -> None:
        """Tell all of a fault; whoever waits behind them would wait as long again for the same."""
        behind = [held for asked in self._waiting for held in asked.callers]
        waiting = [asked.answer for asked in (*asking, *self._waiting) if not asked.answer.done()]
        self._closed([*behind, *self._ahead])
        self._waiting.clear()
        self._ahead = []
        for answer in waiting:
            answer.set_exception(fault)
        if not waiting:
            self._not_told(fault)

    def _next(self) -> list[_Asked]:
        """Those whom the next question counts: as many as it may, but whoever came together stays together."""
        asking: list[_Asked] = []
        callers = 0
        while self._waiting and (not asking or callers + len(self._waiting[0].callers) <= MOST_AT_ONCE):
            asking.append(self._waiting.popleft())
            callers += len(asking[-1].callers)
        return asking

    async def over(self, callers: Sequence[Sequence[Held]], passed: int) -> list[list[Held]]:
        """Count all of these in one question; where each was one too many. So many of the first have passed already.
        Raises as ``counted``."""
        asked = [
            [
                (one.key, one.mark, one.what, one.limit.seconds, one.limit.times, one.afterwards)
                for one in held
            ]
            for held in callers
        ]
        over, crowded = await self._direct.ask(
            "EVAL", COUNT, 0, orjson.dumps(asked), passed, REPEATED_WITHIN_SECONDS, LATE_SECONDS
        )
        found: list[list[Held]] = [[] for _ in callers]
        for caller, place in _pairs(over):
            found[caller].append(callers[caller][place])
        self._remember(callers[caller][place] for caller, place in _pairs(crowded))
        return found

    def _remember(self, crowded: Iterable[Held]) -> None:
        """Of these windows everybody is counted first; those that nobody is counted in any more are forgotten."""
        new = {one.key: one.ends for one in crowded if one.key not in self._crowded}
        if new:
            now = int(time.time())
            self._crowded = {
                key: ends for key, ends in self._crowded.items() if ends + LATE_SECONDS >= now
            } | new


def _pairs(flat: Sequence[int]) -> Iterable[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)
