"""A worker that was nudged goes on looking: where one report came, the next is not far.

A task for every commit costs more than what it does: its message, its record, its place in the queue behind others. So
one task looks again and again, soon where something was found, more and more seldom where nothing was, and hands over
to the next after some seconds, so that a worker that is to stop need not wait; until that one looks it goes on. Where
very many commits come it looks seldom and takes many at once: then the processor is scarce, and large batches leave
most of it to whoever files. Whoever takes over in such a rush sees it by what the first look finds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

SOON_S = 0.004
IN_VAIN_S = 0.25
"""A worker that has found nothing for so long ends; see ``nudging.WHILE_FOLLOWED_S``, which is shorter."""

LONGER_IN_VAIN = 1.5
"""Each look in vain lets the next wait longer by this factor."""

SELDOM_S = 1.0
MANY_A_SECOND = 350.0
"""Events a second from which on looks come four times as seldom, and again, up to ``SELDOM_S``."""

RUSH, RUSH_S = 100, 0.25
"""So many at the first look tell of a rush, and the next look waits so long: else whoever takes over, every few
seconds, would look every few milliseconds until it has found that out."""

SMOOTHED_OVER_S = 0.5
FOLLOWS_FOR_S, AWAITED_S = 4.0, 1.5
"""How long one looks before it hands over, and how long it then waits for the next; less than a worker has to stop."""

TOLD_EVERY_S = 0.5


class Word(Protocol):
    """What tells the others that somebody looks."""

    def go_on(self) -> bool:
        """It looks, and goes on looking; False where another does."""

    def hand_over(self) -> None:
        """Call the next, who takes over when it comes."""

    def taken_over(self) -> bool:
        """Whether the next has come."""


@dataclass
class Pace:
    """How long to wait before the next look; all times in seconds."""

    wait: float = SOON_S
    rate: float = 0.0
    in_vain: float = 0.0

    def looked(self, found: int, since: float) -> None:
        """A look found so many events: those that came since the one before began, so long before this one began."""
        weight = min(1.0, since / SMOOTHED_OVER_S)
        self.rate += weight * (found / since - self.rate)
        if self.rate > MANY_A_SECOND:
            self.wait = min(max(self.wait, SOON_S) * 4, SELDOM_S)
        elif found:
            self.wait = SOON_S
        else:
            self.wait = min(self.wait * LONGER_IN_VAIN, IN_VAIN_S)
        self.in_vain = 0.0 if found else self.in_vain + since

    @property
    def over(self) -> bool:
        """Whether nothing has come for so long that it is not worth looking for."""
        return self.in_vain >= IN_VAIN_S


def follow(
    look: Callable[[], int],
    word: Word,
    wait: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    found: int = 0,
) -> bool:
    """Look until nothing comes any more or another looks (False), or until it was handed over to another (True).

    ``look`` handles what it finds and returns how many events that were; ``word`` is given before the first look and at
    least once a second from then on. ``found``: how many events were found just before.
    """
    began = last = told = clock()
    if not word.go_on():
        return False
    pace, called_at = Pace(), None
    if found >= RUSH:
        wait(RUSH_S)
    while True:
        begins = clock()
        pace.looked(look(), max(begins - last, 1e-6))
        last, now = begins, clock()
        if called_at is not None:
            if pace.over or now - called_at >= AWAITED_S or word.taken_over():
                return True
        elif pace.over:
            return False
        elif now - began >= FOLLOWS_FOR_S:
            word.hand_over()
            called_at = now
        elif now - told >= TOLD_EVERY_S:
            if not word.go_on():
                return False
            told = now
        wait(pace.wait)
