"""Handing due messages to a channel: taken in batches, sent over several conversations, marked in batches.

Two tables are looked into alike: messages (codes, a day's news), whose receivers wait, and then notices of
events. Each channel is delivered for itself, so that one that answers slowly delays no other.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from nagara.database import time_told
from nagara.notifications import circuits, endpoints
from nagara.notifications.channels import CHANNELS, Channel, Conversation, Refusal, Unopenable, Unsendable
from nagara.notifications.claiming import Due, Outcome, give_back, let_rest, put_off, settle, take
from nagara.settings import settings

log = logging.getLogger(__name__)

TAKEN_AT_ONCE = 200
WORTH_ANOTHER = 8
"""Messages that one conversation takes before others are begun."""

GIVES_WAY = 10
"""How nice the threads of several conversations are, from 0 to 19."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did. ``put_back`` are tried again later, ``failed`` never; ``trouble`` ended it early."""

    sent: int = 0
    put_back: int = 0
    failed: int = 0
    trouble: str | None = None

    def and_(self, outcomes: Sequence[Outcome]) -> Delivered:
        """With what came of some more."""
        refusals = [one.refusal for one in outcomes if one.refusal is not None]
        failed = sum(refusal.permanent for refusal in refusals)
        stopping = next((refusal.why for refusal in refusals if refusal.stops), None)
        return Delivered(
            self.sent + len(outcomes) - len(refusals),
            self.put_back + len(refusals) - failed,
            self.failed + failed,
            self.trouble or stopping,
        )


def deliver(
    connection: psycopg.Connection[Any],
    channel: str = "email",
    limit: int = 20_000,
    within: dt.timedelta = dt.timedelta(seconds=30),
) -> Delivered:
    """Send up to ``limit`` due messages over a few conversations with a channel, beginning none after ``within``.

    This is the edge: messages are taken for a lease, sent outside of any transaction and marked, both committed
    here; the connection must be outside of any. Killed between sending and marking, it sends the same messages
    again when the lease ends, with the same keys. While the channel is not set up, messages wait.
    """
    way = CHANNELS[channel]
    done, begun = Delivered(), 0
    if not way.ready():
        return done
    until = time.monotonic() + within.total_seconds()
    with _Conversations(way, settings().conversations) as conversations:
        while begun < limit and time.monotonic() < until and done.trouble is None:
            taken = _take(connection, way, min(TAKEN_AT_ONCE, limit - begun))
            if taken is None:
                break
            begun += len(taken)
            half_of_lease = time.monotonic() + settings().notice_lease_s / 2
            outcomes = conversations.hand_over(taken, min(until, half_of_lease))
            with connection.transaction():
                settle(connection, outcomes)
                circuits.learn(connection, way, outcomes)
                circuits.take_back(connection, way, taken, outcomes)
                endpoints.write_down(connection, outcomes)
                tried = {one.due.key for one in outcomes}
                give_back(connection, (due for due in taken if due.key not in tried))
            done = done.and_(outcomes)
    return done


def _take(connection: psycopg.Connection[Any], way: Channel, limit: int) -> list[Due] | None:
    """What is due and may go now, perhaps nothing; None when nothing is due."""
    with connection.transaction():
        taken = take(connection, way, limit, dt.timedelta(seconds=settings().notice_lease_s))
        if not taken:
            return None
        awake = let_rest(connection, taken, time_told(connection))
        endpoints.look_up(connection, awake)
        admitted, waiting = circuits.admit(connection, way, awake) if awake else ([], [])
        put_off(connection, waiting)
    return admitted


@dataclass
class _Conversations:
    """Several conversations with one channel, each opened when there is enough to say."""

    way: Channel
    most: int
    _stack: ExitStack = field(default_factory=ExitStack)
    _open: dict[int, Conversation] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _answered: bool = False

    def __enter__(self) -> _Conversations:
        """Open nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all of them."""
        self._stack.close()

    def hand_over(self, dues: Sequence[Due], until: float) -> list[Outcome]:
        """Send; what is missing in the answer was not tried. Another side that was silent is asked with one first."""
        outcomes: list[Outcome] = []
        waiting = iter(dues)
        if not self._answered and dues:
            self._talk(0, iter([next(waiting)]), outcomes, until)
            self._answered = not self._stopped.is_set()
        wanted = 1 if len(dues) <= WORTH_ANOTHER else self.most
        if wanted == 1:
            self._talk(0, waiting, outcomes, until)
            return outcomes
        shared = _Shared(waiting, self._lock)
        with ThreadPoolExecutor(wanted, f"to-{self.way.name}", _give_way) as threads:
            for number in range(wanted):
                threads.submit(self._talk, number, shared, outcomes, until)
        return outcomes

    def _talk(self, number: int, dues: Iterator[Due], outcomes: list[Outcome], until: float) -> None:
        while not self._stopped.is_set() and time.monotonic() < until:
            due = next(dues, None)
            if due is None:
                return
            began = time.monotonic()
            try:
                refusal = self._send(number, due)
            except Exception as fault:
                refusal = self._fault(number, due, fault)
            outcomes.append(Outcome(due, refusal, dt.timedelta(seconds=time.monotonic() - began)))
            if refusal is not None and refusal.stops:
                self._stopped.set()

    def _send(self, number: int, due: Due) -> Refusal | None:
        passing: tuple[type[Exception], ...] = (*self.way.passing_errors, Unopenable, Unsendable)
        try:
            if number not in self._open:
                conversation = self.way.open()
                with self._lock:
                    self._open[number] = self._stack.enter_context(conversation)
            self._open[number].send(due.outgoing())
        except passing as error:
            return self.way.judge(error)
        return None

    def _fault(self, number: int, due: Due, fault: Exception) -> Refusal:
        """A fault of ours: of one message, which then waits like any other, or in opening, which stops the channel.

        Never more than its type and place is told: what it says may name the recipient.
        """
        last = traceback.extract_tb(fault.__traceback__)[-1]
        name, where = type(fault).__name__, f"{last.name}:{last.lineno}"
        log.error("%s: a fault of ours with one message (%s in %s)", self.way.name, name, where)
        opened = number in self._open
        # what a conversation that broke off in the middle would take next, nobody knows
        self._open.pop(number, None)
        return Refusal(f"fault: {name}", permanent=False, stops=not opened)


def _give_way() -> None:
    """A mail may wait a moment, whoever files may not: on Linux each thread has a priority of its own.

    Never back towards the front, where the worker as a whole gives way already: few may do that, and a thread that
    fails to begin sends nothing.
    """
    if sys.platform == "linux":
        myself = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, myself, max(GIVES_WAY, os.getpriority(os.PRIO_PROCESS, myself)))


@dataclass
class _Shared(Iterator[Due]):
    """One list from which several conversations take."""

    dues: Iterator[Due]
    lock: threading.Lock

    def __next__(self) -> Due:
        """The next for whoever asks."""
        with self.lock:
            return next(self.dues)
