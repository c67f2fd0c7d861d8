"""When silence climbs: the rungs of each promise of a request, and which of them have fallen due. Pure.

A promise's ladder ends when the promise is kept. A rung may wait for an acknowledgement; without one those told
are told again, or the next rung comes at once. A supervisor's acknowledgement holds the climb until an instant.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from city_config.ladder import STAGES, Ladder, LadderStep, Stage
from city_config.schema import City
from nagara.per_city import PerCity
from nagara.promises.deadlines import calendar_length

NOTHING = dt.timedelta()
RESOLVE: Stage = "resolve"
Due = tuple[Stage, dt.datetime]
"""A promise that is not kept yet, and when it is due."""


@dataclass(frozen=True, slots=True)
class DueStep:
    """A rung of a promise's ladder for one request, at its instant. ``ladder`` is None for the city's own."""

    promise: Stage
    at: dt.datetime
    rung: LadderStep
    ladder: str | None = None
    wakes: bool = False

    @property
    def step(self) -> int:
        """The rung's number."""
        return self.rung.step

    @property
    def order(self) -> tuple[int, int]:
        """How high it is: a later promise goes before an earlier one, then the number."""
        return STAGES.index(self.promise), self.rung.step

    @property
    def key(self) -> str:
        """Its ladder, as ``ladder_key`` names it."""
        return ladder_key(self.promise, self.ladder)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the ladders ask of a request: its kind, when it came, which promises are open and when they are due."""

    service_code: str
    network_code: str
    priority: str
    received_at: dt.datetime
    open: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Awaited:
    """An acknowledgement that is waited for: of which rung of which ladder, until when, how often it was told again."""

    step: int
    by: dt.datetime
    told: int = 0
    ladder: str | None = None


@dataclass(frozen=True, slots=True)
class Climb:
    """Where a request stands on its ladders. ``paused_s``: working or calendar seconds of ended pauses, by status.

    ``reached``: the highest rung of each ladder that it climbed, by ``ladder_key``.
    """

    reached: Mapping[str, int] = field(default_factory=dict)
    awaited: Mapping[str, Awaited] = field(default_factory=dict)
    held_until: dt.datetime | None = None
    paused_s: Mapping[str, float] = field(default_factory=dict)


def ladder_key(promise: str, ladder: str | None) -> str:
    """What names a ladder of a request: the promise alone for the city's own ladder, else with the ladder's code."""
    return promise if ladder is None else f"{promise}:{ladder}"


@dataclass(frozen=True, slots=True)
class Fallen:
    """What has fallen due for one request: rungs, the lowest first, or one whose people are told again.

    ``unanswered``: the acknowledgements that did not come. Empty, where only the clock is to be set anew.
    """

    rungs: tuple[DueStep, ...] = ()
    again: tuple[tuple[DueStep, int], ...] = ()
    unanswered: tuple[tuple[Stage, Awaited], ...] = ()


def open_promises(
    acknowledge_by: dt.datetime | None,
    respond_by: dt.datetime | None,
    resolve_by: dt.datetime | None,
    *,
    acknowledged: bool,
    responded: bool,
) -> tuple[Due, ...]:
    """The promises of an open request that are not kept yet, each with its due time."""
    found: list[Due] = []
    if acknowledge_by is not None and not acknowledged:
        found.append(("acknowledge", acknowledge_by))
    if respond_by is not None and not responded:
        found.append(("respond", respond_by))
    if resolve_by is not None:
        found.append(("resolve", resolve_by))
    return tuple(found)


def steps(
    city: City,
    received_at: dt.datetime,
    due: dt.datetime | None,
    promise: Stage = RESOLVE,
    service_code: str = "",
    network_code: str = "",
    priority: str = "normal",
) -> tuple[DueStep, ...]:
    """The rungs of one promise in order of time, the lower number first where two fall together."""
    if due is None:
        return ()
    ladder = _ladders.of(city).of(promise, service_code, network_code, priority)
    if ladder is None:
        return ()
    code, safety, rungs = ladder
    length = due - received_at
    found = [
        DueStep(
            promise,
            received_at + length * rung.at_fraction if rung.at_fraction is not None else due + after,
            rung,
            code,
            safety if rung.wakes is None else rung.wakes,
        )
        for rung, after in rungs
    ]
    return tuple(sorted(found, key=lambda step: (step.at, step.step)))


def steps_of(city: City, watched: Watched) -> tuple[DueStep, ...]:
    """The rungs of every open promise of a request, in order of time."""
    found = [step for promise, due in watched.open for step in _of(city, watched, promise, due)]
    return tuple(sorted(found, key=lambda step: (step.at, step.order)))


def _of(city: City, watched: Watched, promise: Stage, due: dt.datetime) -> tuple[DueStep, ...]:
    return steps(
        city,
        watched.received_at,
        due,
        promise,
        watched.service_code,
        watched.network_code,
        watched.priority,
    )


def _ladder_of(city: City, watched: Watched, promise: Stage) -> Found | None:
    return _ladders.of(city).of(promise, watched.service_code, watched.network_code, watched.priority)


def ladder_code(city: City, watched: Watched, promise: Stage) -> str | None:
    """Which ladder holds for a promise; None for the city's own, and where there is none."""
    found = _ladder_of(city, watched, promise)
    return found[0] if found else None


def still_awaited(city: City, watched: Watched, climb: Climb) -> Climb:
    """The same without acknowledgements of kept promises, and of ladders that the request stands on no longer."""
    codes: dict[str, str | None] = {
        promise: ladder_code(city, watched, promise) for promise, _ in watched.open
    }
    kept = {
        promise: one
        for promise, one in climb.awaited.items()
        if promise in codes and codes[promise] == one.ladder
    }
    return climb if len(kept) == len(climb.awaited) else replace(climb, awaited=kept)


def carried_over(city: City, before: Watched, after: Watched, climb: Climb) -> Climb:
    """Where a request stands that a rung itself put on other ladders, by raising its priority.

    It keeps the numbers it reached and what it waits for: a climb goes on, it does not begin anew by climbing.
    """
    reached, awaited = dict(climb.reached), dict(climb.awaited)
    for promise, _ in after.open:
        left, entered = (ladder_code(city, one, promise) for one in (before, after))
        if left == entered:
            continue
        key = ladder_key(promise, entered)
        number = max(reached.get(key, 0), reached.get(ladder_key(promise, left), 0))
        if number:
            reached[key] = number
        if promise in awaited:
            awaited[promise] = replace(awaited[promise], ladder=entered)
    return replace(climb, reached=reached, awaited=awaited)


def next_moment(city: City, watched: Watched, climb: Climb) -> dt.datetime | None:
    """When something falls due next; None when there is nothing left to climb and nothing is waited for."""
    moments: list[dt.datetime] = []
    for promise, due in watched.open:
        ladder = _ladder_of(city, watched, promise)
        code = ladder[0] if ladder else None
        reached, length = climb.reached.get(ladder_key(promise, code), 0), due - watched.received_at
        for rung, after in ladder[2] if ladder else ():
            if rung.step > reached:
                share = rung.at_fraction
                moments.append(due + after if share is None else watched.received_at + length * share)
        awaited = climb.awaited.get(promise)
        if awaited is not None and awaited.ladder == code:
            moments.append(awaited.by)
    if not moments:
        return None
    return max(min(moments), climb.held_until) if climb.held_until else min(moments)


def fallen(city: City, watched: Watched, climb: Climb, now: dt.datetime) -> Fallen:
    """What has fallen due by ``now`` and was not done yet; nothing while a supervisor holds the climb."""
    if climb.held_until is not None and now < climb.held_until:
        return Fallen()
    rungs: list[DueStep] = []
    again: list[tuple[DueStep, int]] = []
    unanswered: list[tuple[Stage, Awaited]] = []
    for promise, due in watched.open:
        code = ladder_code(city, watched, promise)
        reached = climb.reached.get(ladder_key(promise, code), 0)
        ladder = _of(city, watched, promise, due)
        come = [step for step in ladder if step.step > reached and step.at <= now]
        awaited = climb.awaited.get(promise)
        if not come and awaited is not None and awaited.ladder == code and awaited.by <= now:
            told = _told_again(ladder, awaited, now)
            if told is not None:
                again.append(told)
            else:
                unanswered.append((promise, awaited))
                higher = min((s for s in ladder if s.step > reached), key=lambda s: s.step, default=None)
                come = [replace(higher, at=awaited.by)] if higher else []
        rungs += come
    return Fallen(tuple(sorted(rungs, key=lambda step: step.order)), tuple(again), tuple(unanswered))


def _told_again(
    ladder: tuple[DueStep, ...], awaited: Awaited, now: dt.datetime
) -> tuple[DueStep, int] | None:
    """The rung whose people are told again, and for the how manieth time; None where it is time to climb."""
    step = next((step for step in ladder if step.step == awaited.step), None)
    if step is None or step.rung.without_acknowledgement != "tell_again":
        return None
    span = answer_span(step.rung)
    missed = 1 + (now - awaited.by) // span if span else 1
    told = awaited.told + missed
    return (step, told) if told <= step.rung.tell_again else None


def answer_span(rung: LadderStep) -> dt.timedelta:
    """Within which time somebody is to acknowledge; none where nobody need."""
    return (calendar_length(rung.acknowledge_within) if rung.acknowledge_within else None) or NOTHING


def after_fall(climb: Climb, fall: Fallen, told_from: dt.datetime) -> Climb:
    """Where a request stands once what fell due was done; ``told_from``: when the first of those told hears."""
    reached, awaited = dict(climb.reached), dict(climb.awaited)
    for promise, _ in fall.unanswered:
        awaited.pop(promise, None)
    for step in fall.rungs:
        reached[step.key] = max(step.step, reached.get(step.key, 0))
        awaited.pop(step.promise, None)
    for step in fall.rungs:
        if step.step == reached[step.key] and step.rung.acknowledge_within:
            awaited[step.promise] = Awaited(step.step, told_from + answer_span(step.rung), ladder=step.ladder)
    for step, told in fall.again:
        awaited[step.promise] = Awaited(step.step, told_from + answer_span(step.rung), told, step.ladder)
    return replace(climb, reached=reached, awaited=awaited, held_until=None)


def read_climb(stored: Mapping[str, Any] | None) -> Climb:
    """Where a request stands, from its row."""
    if not stored:
        return Climb()
    held = stored.get("held_until")
    awaited = {
        promise: Awaited(one["step"], dt.datetime.fromisoformat(one["by"]), one["told"], one.get("ladder"))
        for promise, one in stored.get("awaited", {}).items()
    }
    return Climb(
        stored.get("reached", {}),
        awaited,
        dt.datetime.fromisoformat(held) if held else None,
        stored.get("paused_s", {}),
    )


def written_climb(climb: Climb) -> dict[str, Any] | None:
    """The same for the row, in JSON's own types; None where there is nothing to say."""
    parts: dict[str, Any] = {
        "reached": dict(climb.reached),
        "awaited": {
            promise: {"step": one.step, "by": one.by.isoformat(), "told": one.told}
            | ({"ladder": one.ladder} if one.ladder else {})
            for promise, one in climb.awaited.items()
        },
        "held_until": climb.held_until.isoformat() if climb.held_until else None,
        "paused_s": dict(climb.paused_s),
    }
    return {name: value for name, value in parts.items() if value} or None


Rungs = tuple[tuple[LadderStep, dt.timedelta], ...]
Found = tuple[str | None, bool, Rungs]
"""A ladder's code, whether safety is at stake, and its rungs with the calendar time after the due time."""


class _Ladders:
    """A city's ladders; which of them holds for a kind of request is worked out once."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._known: dict[tuple[str, str, str, str], Found | None] = {}

    def of(self, promise: str, service_code: str, network_code: str, priority: str) -> Found | None:
        key = (promise, service_code, network_code, priority)
        if key not in self._known:
            self._known[key] = next(self._holding(*key), None)
        return self._known[key]

    def _holding(self, promise: str, service_code: str, network_code: str, priority: str) -> Iterator[Found]:
        for ladder in self._city.ladders:
            if ladder.promise == promise and _holds(ladder, service_code, network_code, priority):
                yield ladder.code, ladder.safety, _rungs(ladder.steps)
        if promise == RESOLVE and self._city.ladder:
            yield None, False, _rungs(self._city.ladder)


def _holds(ladder: Ladder, service_code: str, network_code: str, priority: str) -> bool:
    return (
        (not ladder.services or service_code in ladder.services)
        and (not ladder.network_codes or network_code in ladder.network_codes)
        and (not ladder.priorities or priority in ladder.priorities)
    )


def _rungs(rungs: tuple[LadderStep, ...]) -> Rungs:
    """Rungs with their time after the due time; the schema lets no other kind of span stand there."""
    return tuple(
        (rung, (calendar_length(rung.after_due) if rung.after_due else None) or NOTHING) for rung in rungs
    )


_ladders: PerCity[_Ladders] = PerCity(_Ladders)
