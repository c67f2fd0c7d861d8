"""A run: plant, start everything, strike as planned while time goes on, let it settle, count."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from nagara.cities import city_of
from nagara.local.chaos import stepped_clock
from nagara.local.chaos.blows import Blow, Kind, Measure, planned
from nagara.local.chaos.crew import Crew, Member, assemble
from nagara.local.chaos.planting import CITY, Planted, one_city, plant
from nagara.local.chaos.reckoning import Reckoning, Waiting, reckon, still_waiting
from nagara.local.chaos.servers import Servers, running
from nagara.migrations import migrate
from nagara.settings import REPOSITORY, settings

TICK_SECONDS = 0.02
PROGRESS_SECONDS = 10.0
NUDGE_SECONDS = 0.4
NUDGES = {
    "escalation.sweep": "urgent",
    "notifications.compose": "notices",
    "notifications.deliver": "notices",
}
"""Ticks beside those of the beats, so that a kill seldom finds everybody idle; each with its queue."""

ENOUGH_NUDGES = 2
"""So many messages in a queue are enough: the urgent one is served first, and a flood in it would leave nobody for
the others."""

LEASE_SECONDS = 8
"""For how long a worker that takes notices has them to itself; until then nobody sends what a killed one took."""

WATCHED_SECONDS = 0.4
"""How long every second kill waits for a worker in the midst of a transaction."""

STATES = """
select application_name from pg_stat_activity
 where application_name like 'worker-%' and state in ('active', 'idle in transaction')
"""
PROGRESS = """
select (select count(*) from event where kind = 'escalated'),
       (select count(*) from notification where sent_at is not null and channel in ('email', 'sms'))
"""
Say = Callable[[str], None]


@dataclass
class Outcome:
    """What was done, and what became of it; ``reckoning`` is None where it never settled."""

    struck: Counter[Kind] = field(default_factory=Counter)
    manners: Counter[str] = field(default_factory=Counter)
    in_transaction: int = 0
    took: float = 0.0
    waiting: Waiting | None = None
    reckoning: Reckoning | None = None

    @property
    def holds(self) -> bool:
        """Whether all happened exactly once."""
        return self.reckoning is not None and self.reckoning.holds


def run(measure: Measure, seed: int, folder: Path, say: Say) -> Outcome:
    """Do all of it in ``folder``; processes and servers are gone when this returns.

    Sets this process's environment to the servers', so it is for a process of its own.
    """
    chance = random.Random(seed)  # noqa: S311 - draws blows, keeps no secret
    config = one_city(REPOSITORY / "city_config", folder / "city_config")
    with running(folder) as servers:
        environment = servers.environment(config) | {"NAGARA_NOTICE_LEASE_S": str(LEASE_SECONDS)}
        for name in [name for name in os.environ if name.startswith("NAGARA_")]:
            del os.environ[name]
        os.environ.update(environment)
        settings.cache_clear()
        migrate(servers.database_url)
        crew = assemble(folder, environment, measure.workers, chance)
        try:
            say(f"starting {measure.workers} workers and two beats")
            crew.tend()
            crew.wait_until_ready()
            say(f"planting {measure.requests:,} requests that fall due within {measure.seconds:.0f} s")
            with servers.owner() as owner:
                city, secret = city_of(CITY), settings().secret
                planted = plant(owner, city, secret, measure.requests, measure.seconds, chance)
            return _Course(measure, servers, crew, planted, chance, say).run()
        finally:
            crew.end()


class _Course:
    """A run under way."""

    def __init__(
        self,
        measure: Measure,
        servers: Servers,
        crew: Crew,
        planted: Planted,
        chance: random.Random,
        say: Say,
    ) -> None:
        self._measure, self._servers, self._crew = measure, servers, crew
        self._planted, self._chance, self._say = planted, chance, say
        self._blows = planned(measure, chance)
        self._nudger = Celery("chaos", broker=servers.redis_url)
        self._nudger.conf.update(broker_transport_options={"socket_timeout": 1, "socket_connect_timeout": 1})
        self._watching: psycopg.Connection[Any] | None = None
        self._enough = len(crew.workers) // 2
        self._outcome = Outcome()
        self._waited = 0.0
        self._began = self._next_nudge = self._next_progress = time.monotonic()

    def run(self) -> Outcome:
        """All blows, then quiet until nothing waits, then the count."""
        for blow in self._blows:
            while time.monotonic() - self._began - self._waited < blow.at:
                self._tend()
            self._strike(blow)
        self._next_nudge = float("inf")
        self._say("no more blows; waiting until nothing is left to do")
        for member in self._crew.members:
            stepped_clock.step(member.clock, 0)
        settled = self._settle()
        self._outcome.took = time.monotonic() - self._began
        self._outcome.manners = self._crew.kills
        if settled:
            with self._servers.owner() as owner, owner.transaction():
                row = owner.execute("select clock_timestamp()").fetchall()[0]
                self._outcome.reckoning = reckon(owner, self._planted, self._servers.received(), row[0])
        return self._outcome

    def _settle(self) -> bool:
        """Whether nothing was left to do in time, the beats and workers being left alone."""
        until = time.monotonic() + self._measure.settles_within
        while time.monotonic() < until:
            self._tend()
            with suppress(psycopg.OperationalError), self._servers.owner() as owner:
                self._outcome.waiting = still_waiting(owner)
                if self._outcome.waiting.nothing:
                    return True
            time.sleep(TICK_SECONDS * 10)
        return False

    def _tend(self) -> None:
        """What goes on all the time: whoever ended is started again, ticks are sent, progress is told."""
        self._crew.tend()
        now = time.monotonic()
        if now >= self._next_nudge:
            self._next_nudge = now + NUDGE_SECONDS
            self._nudge()
        if now >= self._next_progress:
            self._next_progress = now + PROGRESS_SECONDS
            self._tell_progress(now - self._began)
        time.sleep(TICK_SECONDS)

    def _nudge(self) -> None:
        for task, queue in NUDGES.items():
            with suppress(OperationalError, RedisError, OSError):  # the broker was restarted a moment ago
                if self._servers.waiting_in(queue) >= ENOUGH_NUDGES:
                    continue
                self._nudger.send_task(task, queue=queue, expires=30.0, retry=False, ignore_result=True)

    def _strike(self, blow: Blow) -> None:
        self._outcome.struck[blow.kind] += 1
        match blow.kind:
            case Kind.KILL_WORKER:
                self._kill_a_worker(blow)
            case Kind.KILL_BEAT:
                self._crew.kill_beat(_chosen(self._crew.beats, blow))
            case Kind.FLUSH_REDIS:
                self._servers.flush_redis()
            case Kind.RESTART_REDIS:
                self._servers.redis.cut_off()
            case Kind.RESTART_POSTGRES:
                self._servers.postgres.cut_off()
            case Kind.RESTART_SINK:
                self._servers.sink.cut_off()
            case Kind.STEP_CLOCK:
                stepped_clock.step(_chosen(self._crew.members, blow).clock, blow.clock)

    def _kill_a_worker(self, blow: Blow) -> None:
        """Kill one that takes tasks: any, or at every second time one in the midst of a transaction, if one soon is.

        On a slow machine it waits until half of them are back, and all later blows come as much later: no kill is
        spent on who has not begun to work, and between the kills work goes on.
        """
        began = time.monotonic()
        while len(ready := [worker for worker in self._crew.workers if worker.is_ready]) < self._enough:
            self._tend()
        self._waited += time.monotonic() - began
        until = time.monotonic() + (WATCHED_SECONDS if blow.whom % 2 else 0.0)
        busy = self._in_transaction()
        while not busy and time.monotonic() < until:
            time.sleep(TICK_SECONDS / 2)
            busy = self._in_transaction()
        at_work = [worker for worker in ready if worker.name in busy]
        victim = _chosen(at_work if blow.whom % 2 and at_work else ready, blow)
        self._outcome.in_transaction += victim.name in busy
        self._crew.kill_worker(victim)

    def _in_transaction(self) -> set[str]:
        return {str(row[0]) for row in self._asked(STATES)}

    def _asked(self, question: LiteralString) -> list[tuple[Any, ...]]:
        """The rows, over a connection that is kept; none while the database is away."""
        try:
            if self._watching is None or self._watching.closed:
                self._watching = self._servers.owner()
            return self._watching.execute(question).fetchall()
        except psycopg.OperationalError:
            self._watching = None
            return []

    def _tell_progress(self, seconds: float) -> None:
        struck, asked = self._outcome.struck, self._measure.blows
        for escalated, sent in self._asked(PROGRESS):
            self._say(
                f"{seconds:5.0f} s   kills {struck[Kind.KILL_WORKER]:>3} of {asked[Kind.KILL_WORKER]}"
                f"   climbs {escalated:>6,}   notices sent {sent:>6,}"
            )


def _chosen(members: list[Member], blow: Blow) -> Member:
    return members[blow.whom // 2 % len(members)]


def summary(measure: Measure, outcome: Outcome) -> str:
    """What was done, in lines."""
    rows: list[tuple[str, str]] = [(kind.value, f"{outcome.struck[kind]:,}") for kind in measure.blows]
    manners: Mapping[str, int] = outcome.manners
    rows[0] = (
        rows[0][0],
        f"{rows[0][1]}   ({manners.get('group', 0)} with their pool, {manners.get('child', 0)} one process of the "
        f"pool, {manners.get('parent', 0)} without the pool; {outcome.in_transaction} in the midst of a transaction)",
    )
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {count}" for name, count in rows)
