"""What is done to the processes, and when: drawn by chance from a seed, so that a run can be repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """A blow; its value says it in words."""

    KILL_WORKER = "workers killed (SIGKILL)"
    KILL_BEAT = "beats killed (SIGKILL)"
    FLUSH_REDIS = "Redis flushed"
    RESTART_REDIS = "Redis killed and restarted empty"
    RESTART_POSTGRES = "PostgreSQL shut down at once and restarted"
    RESTART_SINK = "the receiving side killed and restarted"
    STEP_CLOCK = "clocks stepped"


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of everything: requests that fall due, blows of each kind, over how many seconds."""

    requests: int
    seconds: float
    workers: int
    blows: dict[Kind, int]
    settles_within: float
    """Seconds after the last blow within which everything must be done."""


LONG = Measure(
    requests=21_000,
    seconds=380.0,
    workers=4,
    blows={
        Kind.KILL_WORKER: 200,
        Kind.KILL_BEAT: 8,
        Kind.FLUSH_REDIS: 6,
        Kind.RESTART_REDIS: 4,
        Kind.RESTART_POSTGRES: 4,
        Kind.RESTART_SINK: 3,
        Kind.STEP_CLOCK: 40,
    },
    settles_within=400.0,
)
SHORT = Measure(
    requests=400,
    seconds=18.0,
    workers=2,
    blows={
        Kind.KILL_WORKER: 10,
        Kind.KILL_BEAT: 1,
        Kind.FLUSH_REDIS: 1,
        Kind.RESTART_REDIS: 1,
        Kind.RESTART_POSTGRES: 1,
        Kind.RESTART_SINK: 1,
        Kind.STEP_CLOCK: 3,
    },
    settles_within=240.0,
)

CLOCK_STEPS = (-86_400.0, -3_600.0, -90.0, 90.0, 3_600.0, 86_400.0)
"""Seconds a clock is put ahead or behind."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One blow: how many seconds after the beginning, what, and a number that chooses whom."""

    at: float
    kind: Kind
    whom: int
    clock: float = 0.0


def planned(measure: Measure, chance: random.Random) -> list[Blow]:
    """All blows in order of time. A stepped clock goes back to the true time after some seconds."""
    found: list[Blow] = []
    for kind, count in measure.blows.items():
        for _ in range(count):
            at, whom = chance.uniform(0.0, measure.seconds), chance.randrange(1_000_000)
            if kind is not Kind.STEP_CLOCK:
                found.append(Blow(at, kind, whom))
                continue
            back = min(at + chance.uniform(3.0, 12.0), measure.seconds)
            found.append(Blow(at, kind, whom, chance.choice(CLOCK_STEPS)))
            found.append(Blow(back, kind, whom, 0.0))
    return sorted(found, key=lambda blow: blow.at)
