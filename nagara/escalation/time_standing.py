"""Whether time passes here: how late the sweeps are, when each task last ran, what waits. And the same as metrics.

Read from the database alone, so that any process can tell. Aggregates of the whole installation: no city's rows,
no personal data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from nagara.cities import configuration
from nagara.database import Pool
from nagara.notifications.channels import CHANNELS

STANDING = """
select told_at, oldest_step, oldest_event, oldest_notice, given_up, oldest_unsent from time_standing(%s, %s)
"""
SWEEPS = """
select t.name, t.task, greatest(extract(epoch from clock_timestamp() - coalesce(r.ended_at, t.known_since)
                                                - t.longest_gap), 0)::float8
  from timer t left join timer_run r on r.task = t.task order by t.name
"""
RUNS = "select task, begun_at, ended_at, ok, runs, failures from timer_run order by task"

MUST_RUN: Mapping[str, dt.timedelta] = {
    "escalation.sweep": dt.timedelta(seconds=60),
    "notifications.compose": dt.timedelta(seconds=120),
    "notifications.deliver": dt.timedelta(seconds=180),
    "notifications.deliver_sms": dt.timedelta(seconds=180),
    "notifications.deliver_push": dt.timedelta(seconds=180),
    "notifications.deliver_webhooks": dt.timedelta(seconds=180),
    "notifications.deliver_telegram": dt.timedelta(seconds=180),
}
"""Tasks without which time stands still, and how long ago each may have ended at most."""

STEP_WAITS = dt.timedelta(seconds=60)
EVENT_WAITS = dt.timedelta(seconds=300)
NOTICE_WAITS = dt.timedelta(seconds=900)
"""A due rung, an event nobody was told of, a due message over a channel that is set up: when one waits for longer,
nobody sweeps, or nothing is taken."""

CLOCKS_DIFFER = dt.timedelta(seconds=5)
"""A task that ended later than now by more than this ended before a clock was set back: it says nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a task last ran, and how often it ran and failed."""

    task: str
    begun_at: dt.datetime
    ended_at: dt.datetime
    ok: bool
    runs: int
    failures: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """A timer and how many seconds its task is late: since its last end, beyond the longest gap it has by schedule."""

    name: str
    task: str
    late: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How time stands: what has waited longest, messages that were given up, the last run of each task.

    ``oldest_notice`` is since when a message is due, ``oldest_unsent`` since when one that was tried is unsent.
    """

    told_at: dt.datetime
    oldest_step: dt.datetime | None
    oldest_event: dt.datetime | None
    oldest_notice: dt.datetime | None
    given_up: int
    runs: tuple[Run, ...]
    oldest_unsent: dt.datetime | None = None
    sweeps: tuple[Sweep, ...] = ()

    def waited(self, since: dt.datetime | None) -> float:
        """Seconds since an instant; none where nothing waits."""
        return max(0.0, (self.told_at - since).total_seconds()) if since else 0.0

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why time stands still, a sentence each; nothing where it passes."""
        last = {run.task: run for run in self.runs}
        found = []
        for task, limit in MUST_RUN.items():
            run = last.get(task)
            if run is None:
                found.append(f"{task} has never run: no clock rings or no worker listens")
            elif run.ended_at - self.told_at > CLOCKS_DIFFER:
                found.append(f"{task} ended in the future: a clock was set back")
            elif self.told_at - run.ended_at > limit:
                found.append(f"{task} last ran {self.waited(run.ended_at):.0f} s ago")
        for what, since, limit in (
            ("a rung of a ladder", self.oldest_step, STEP_WAITS),
            ("an event nobody was told of", self.oldest_event, EVENT_WAITS),
            ("a message that could be sent", self.oldest_notice, NOTICE_WAITS),
        ):
            if since is not None and self.told_at - since > limit:
                found.append(f"{what} has waited for {self.waited(since):.0f} s")
        return tuple(found)


def read_standing(connection: psycopg.Connection[Any]) -> Standing:
    """How time stands, read in the caller's transaction."""
    row = connection.execute(STANDING, _asked()).fetchone()
    runs, sweeps = connection.execute(RUNS).fetchall(), connection.execute(SWEEPS).fetchall()
    return _standing(row, runs, sweeps)


async def ask_standing(pool: Pool) -> Standing:
    """The same for the API, on a connection of its pool."""
    async with pool.connection() as connection:
        standing = await connection.execute(STANDING, _asked(), prepare=True)
        row = await standing.fetchone()
        runs = await (await connection.execute(RUNS, prepare=True)).fetchall()
        sweeps = await (await connection.execute(SWEEPS, prepare=True)).fetchall()
        return _standing(row, runs, sweeps)


def _asked() -> tuple[list[str], list[str]]:
    """The cities there are and the channels that are set up; over the others messages wait, and are to."""
    return list(configuration().cities), [name for name, way in CHANNELS.items() if way.ready()]


def _standing(
    row: tuple[Any, ...] | None, runs: Sequence[tuple[Any, ...]], sweeps: Sequence[tuple[Any, ...]]
) -> Standing:
    if row is None:
        raise psycopg.OperationalError("the database did not tell how time stands")
    told_at, step, event, notice, given_up, unsent = row
    ran, timers = tuple(Run(*run) for run in runs), tuple(Sweep(*sweep) for sweep in sweeps)
    return Standing(told_at, step, event, notice, given_up, ran, unsent, timers)


def metrics(standing: Standing) -> str:
    """Prometheus' text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/."""
    lines: list[str] = []

    def told(name: str, kind: str, what: str, values: Sequence[tuple[str, float]]) -> None:
        lines.append(f"# HELP nagara_{name} {what}")
        lines.append(f"# TYPE nagara_{name} {kind}")
        lines.extend(f"nagara_{name}{labels} {exactly(value)}" for labels, value in values)

    def each(field: str) -> list[tuple[str, float]]:
        return [(f'{{task="{run.task}"}}', _of_run(standing, run, field)) for run in standing.runs]

    told(
        "time_passes",
        "gauge",
        "1 while the sweeps run and nothing due waits",
        [("", float(not standing.troubles))],
    )
    told(
        "oldest_due_step_seconds",
        "gauge",
        "How long the most belated rung has waited",
        [("", standing.waited(standing.oldest_step))],
    )
    told(
        "oldest_untold_event_seconds",
        "gauge",
        "How long the oldest event nobody was told of has waited",
        [("", standing.waited(standing.oldest_event))],
    )
    told(
        "oldest_unsent_notice_seconds",
        "gauge",
        "How long ago the oldest message was written that is due or was tried and is unsent",
        [("", standing.waited(standing.oldest_unsent))],
    )
    told("dead_letters", "gauge", "Messages that were given up", [("", float(standing.given_up))])
    told(
        "sweep_lag_seconds",
        "gauge",
        "How late each timer of the schedule is: since its last end, beyond its longest gap",
        [(f'{{sweep="{one.name}",task="{one.task}"}}', round(one.late, 3)) for one in standing.sweeps],
    )
    told("task_last_end_seconds", "gauge", "Seconds since the task last ended: its lag", each("lag"))
    told("task_last_duration_seconds", "gauge", "How long its last run took", each("took"))
    told("task_last_ok", "gauge", "1 where its last run went well", each("ok"))
    told("task_runs_total", "counter", "How often it ran", each("runs"))
    told("task_failures_total", "counter", "How often it failed", each("failures"))
    return "\n".join(lines) + "\n"


def exactly(value: float) -> str:
    """A number with all its digits: rounded to six, a counter would stand still once it has seven."""
    return str(int(value)) if value.is_integer() else repr(value)


def _of_run(standing: Standing, run: Run, field: str) -> float:
    match field:
        case "lag":
            return round(standing.waited(run.ended_at), 3)
        case "took":
            return round((run.ended_at - run.begun_at).total_seconds(), 3)
        case _:
            return float(getattr(run, field))
