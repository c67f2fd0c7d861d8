"""A worker that was nudged goes on looking: where one report came, the next is not far.

A task for every commit costs more than what it does: its message, its record, its place in the queue behind others. So
one task looks again and again, soon where something was found, more and more seldom where nothing was, and hands over
to the next after some seconds, so that a worker that is to stop need not wait. Where very many commits come it looks
seldom and takes many at once: then the processor is scarce, and large batches leave most of it to whoever files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

SOON_S = 0.004
IN_VAIN_S = 0.25
"""A worker that has found nothing for so long ends; see ``nudging.WHILE_FOLLOWED_S``, which is shorter."""

LONGER_IN_VAIN = 1.5
"""Each look in vain lets the next wait longer by this factor."""

SELDOM_S = 1.0
MANY_A_SECOND = 350.0
"""Events a second from which on looks come four times as seldom, and again, up to ``SELDOM_S``."""

SMOOTHED_OVER_S = 0.2
FOLLOWS_FOR_S = 5.0


@dataclass
class Pace:
    """How long to wait before the next look; all times in seconds."""

    wait: float = SOON_S
    rate: float = 0.0
    in_vain: float = 0.0

    def looked(self, found: int, took: float) -> None:
        """A look found so many events, ``took`` after the one before: the wait in between and its own work."""
        weight = min(1.0, took / SMOOTHED_OVER_S)
        self.rate += weight * (found / took - self.rate)
        if self.rate > MANY_A_SECOND:
            self.wait = min(max(self.wait, SOON_S) * 4, SELDOM_S)
        elif found:
            self.wait = SOON_S
        else:
            self.wait = min(self.wait * LONGER_IN_VAIN, IN_VAIN_S)
        self.in_vain = 0.0 if found else self.in_vain + took

    @property
    def over(self) -> bool:
        """Whether nothing has come for so long that it is not worth looking for."""
        return self.in_vain >= IN_VAIN_S


def follow(
    look: Callable[[], int],
    looking: Callable[[], bool],
    wait: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Look until nothing comes any more or another looks (False), or until it is time to hand over (True).

    ``look`` handles what it finds and returns how many events that were; ``looking`` tells the others, before the
    first look and at least once a second from then on, that somebody does, unless another does (False).
    """
    began = last = told = clock()
    if not looking():
        return False
    pace = Pace()
    while True:
        found = look()
        now = clock()
        pace.looked(found, max(now - last, 1e-6))
        last = now
        if pace.over:
            return False
        if now - began >= FOLLOWS_FOR_S:
            return True
        if now - told >= 0.5:
            if not looking():
                return False
            told = now
        wait(pace.wait)
