"""The clock that rings the timers: of several started, one rings and the others stand by.

A lock in PostgreSQL, held by a connection of its own, says which one. Whoever gets it looks up when each task
last ran, so that a nightly timer missed meanwhile is made up for and none is rung twice.
"""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import Any

import psycopg
from celery import schedules
from celery.beat import Scheduler, SchedulingError

from nagara.database import PATIENCE, role_options
from nagara.locks import NAMESPACE, Lock
from nagara.settings import settings

STANDBY_SECONDS = 2.0
"""How often a clock that stands by looks whether it is its turn; and the first, whether it still is."""

DEAD_AFTER = " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
"""The database lets go of the lock of a clock whose machine is gone, without waiting for hours."""

FORGET_TIMERS = "delete from timer where name <> all(%s)"
KNOW_TIMER = """
insert into timer as known (name, task, longest_gap, known_since) values (%s, %s, %s, clock_timestamp())
on conflict (name) do update set task = excluded.task, longest_gap = excluded.longest_gap
 where (known.task, known.longest_gap) is distinct from (excluded.task, excluded.longest_gap)
"""
LAST_RUNS = "select task, begun_at from timer_run"

MINUTES_A_DAY = 24 * 60
RINGS = "this clock rings the timers"

log = logging.getLogger(__name__)


class OneBeat(Scheduler):  # type: ignore[misc]
    """Celery's scheduler in memory, which rings only while it holds the lock."""

    def __init__(self, *args: Any, schedule_filename: str | None = None, **kwargs: Any) -> None:
        """``schedule_filename``: a file touched at each look, by which others see that this process lives."""
        self._alive = Path(schedule_filename) if schedule_filename else None
        self._connection: psycopg.Connection[Any] | None = None
        self._said = ""
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Ring what is due, if this is the one clock; returns the seconds until the next look."""
        if self._alive is not None:
            self._alive.touch()
        if not self._is_the_one():
            return STANDBY_SECONDS
        self._mend_future()
        return min(float(super().tick(*args, **kwargs)), STANDBY_SECONDS)

    def adjust(self, n: float, drift: float = 0.001) -> float:
        """A moment later rather than earlier: who wakes too early asks the database until it is time."""
        return n + drift if n else n

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Ring one timer. Where the broker takes none, that is said once: the next tick does the missed one's work."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            cause = " ".join(str(error.__context__ or error).split())[:200]
            self._say(f"the clock waits for the broker: {cause}")
        else:
            self._say(RINGS)

    def close(self) -> None:
        """Let go of the lock."""
        self._let_go()
        super().close()

    def _is_the_one(self) -> bool:
        """Whether this clock holds the lock; tries to get it. Without a database nobody rings."""
        try:
            if self._connection is not None:
                self._connection.execute("select 1")
                return True
            return self._take_over()
        except psycopg.OperationalError as error:
            self._let_go()
            self._say(f"the clock waits for the database: {' '.join(str(error).split())[:200]}")
            return False

    def _take_over(self) -> bool:
        connection = psycopg.connect(
            settings().database_url,
            options=role_options("nagara_clock") + DEAD_AFTER,
            **PATIENCE,
            autocommit=True,
        )
        row = connection.execute("select pg_try_advisory_lock(%s, %s)", (NAMESPACE, Lock.BEAT)).fetchone()
        if row is None or row[0] is not True:
            connection.close()
            self._say("another clock rings; this one stands by")
            return False
        self._connection = connection
        self._remember(dict(connection.execute(LAST_RUNS).fetchall()))
        self._write_down(connection)
        self._say(RINGS)
        return True

    def _write_down(self, connection: psycopg.Connection[Any]) -> None:
        """Which timers there are: so one that never rings is missed."""
        timers = [(name, entry.task, longest_gap(entry.schedule)) for name, entry in self.schedule.items()]
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(FORGET_TIMERS, ([name for name, _, _ in timers],))
            cursor.executemany(KNOW_TIMER, timers)

    def _remember(self, last_runs: dict[str, dt.datetime]) -> None:
        """Go on from when each task last ran, whoever rang it; one that never ran begins to count now."""
        now = self.app.now()
        for entry in self.schedule.values():
            entry.last_run_at = min(last_runs.get(entry.task, now), now)
        self._heap = None

    def _mend_future(self) -> None:
        """A clock that was set back must not wait until the time it remembers has come again."""
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _say(self, what: str) -> None:
        """Once, until something else is to be said."""
        if what != self._said:
            self._said = what
            log.info(what)


def longest_gap(rings: schedules.BaseSchedule) -> dt.timedelta:
    """The longest time between two rings of a timer: of an interval itself, of a crontab within a day."""
    if not isinstance(rings, schedules.crontab):
        gap: dt.timedelta = rings.run_every
        return gap
    minutes = sorted(hour * 60 + minute for hour in rings.hour for minute in rings.minute)
    following = [*minutes[1:], minutes[0] + MINUTES_A_DAY]
    return dt.timedelta(
        minutes=max(later - earlier for earlier, later in zip(minutes, following, strict=True))
    )
