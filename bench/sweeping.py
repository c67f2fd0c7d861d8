"""The escalation sweep over many due requests, against pgbench running its three statements in the same batches."""

from __future__ import annotations

import datetime as dt
import math
import time
from typing import Any

import orjson
import psycopg

from bench.floor import Script, as_text, run_pgbench, spelled
from bench.rounds import Bar, Operation, Side
from bench.servers import Measured
from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.escalation import climbing as escalation
from nagara.escalation.climbing import Sweeping as Swept
from nagara.escalation.events import Escalation, Taken
from nagara.escalation.ladder import Climb, fallen
from nagara.event_log import EventKind
from nagara.lifecycle import AT_WORK
from nagara.promises import clocks
from nagara.system_events import RECORD

NOT_YET_CLIMBED = """
  from request r
 where r.closed_at is null and r.next_step_at is null and r.escalation_step = 0
   and r.resolve_by < %(now)s and r.status = any(%(statuses)s)
"""
SET_GOING = (
    "update request set next_step_at = resolve_by where (city_id, id) in (select r.city_id, r.id"
    + NOT_YET_CLIMBED
    + " limit %(due)s)"
)


NEVER_AGAIN = dt.timedelta(days=30)
"""Until what a climb would be due next that has no further rung: not in this run."""

SWEEP_BAR = Bar(ratio_at_least=0.5)


class Sweeping:
    """Sets so many overdue requests going before each measurement; each climbs its first rung only once."""

    def __init__(
        self, measured: Measured, owner: psycopg.Connection[Any], due: int, now: dt.datetime
    ) -> None:
        self._measured, self._owner, self._due, self._now = measured, owner, due, now
        self._statuses = [status.value for status in AT_WORK]
        self._example = example_climb(owner, now)

    def operation(self) -> Operation:
        """The operation; a call sweeps the due requests, however long that takes."""
        return Operation("escalation sweep", 1, "rows/s", self._nagara, self._pgbench, SWEEP_BAR)

    def _nagara(self, _seconds: float) -> Side:
        self._set_going()
        with clock_connection() as connection:
            database, own, began = self._measured.database_seconds(), time.process_time(), time.perf_counter()
            result = escalation.sweep(connection, self._now)
            took = time.perf_counter() - began
            own, database = time.process_time() - own, self._measured.database_seconds() - database
        if result.escalated != self._due:
            raise RuntimeError(f"{self._due} requests were due, {result.escalated} were escalated")
        return Side(self._due / took, api_us=own / self._due * 1e6, database_us=database / self._due * 1e6)

    def _pgbench(self, _seconds: float) -> Side:
        self._set_going()
        batches = math.ceil(self._due / escalation.BATCH)
        database = self._measured.database_seconds()
        found = run_pgbench(
            self._measured.database_url,
            "nagara_clock",
            [batch_script(self._example, self._now)],
            connections=1,
            transactions=batches,
        )
        database = self._measured.database_seconds() - database
        return Side(found.rate * self._due / batches, database_us=database / self._due * 1e6)

    def _set_going(self) -> None:
        values = {"now": self._now, "statuses": self._statuses, "due": self._due}
        moved = self._owner.execute(SET_GOING, values).rowcount
        if moved != self._due:
            raise RuntimeError(f"only {moved} of {self._due} overdue requests are left: too many rounds")
        self._owner.execute("vacuum (analyze) request")  # neither side begins with the other's dead rows


def example_climb(owner: psycopg.Connection[Any], now: dt.datetime) -> Escalation:
    """A climb as the sweep would make it, for what pgbench writes."""
    sweeping = Swept(now, configuration().cities, configuration().network)
    row = owner.execute(
        "select r.city_id, r.id, r.status, r.service_code, r.network_code, r.priority, r.department, "
        "r.assignee, r.district, r.received_at, r.acknowledge_by, r.respond_by, r.resolve_by, "
        "r.acknowledged_at, r.responded_at, r.paused_at, r.escalation_step, r.climb, r.resolve_by"
        + NOT_YET_CLIMBED
        + " limit 1",
        {"now": now, "statuses": [status.value for status in AT_WORK]},
    ).fetchone()
    if row is None:
        raise RuntimeError("no overdue request to sweep")
    taken = Taken(*row)
    watched = clocks.watched(taken)
    fall = fallen(sweeping.cities[taken.city_id], watched, Climb(), now)
    return escalation.escalation(sweeping, taken, Climb(), fall)


def batch_script(climb: Escalation, now: dt.datetime) -> Script:
    """One batch: the rows are taken as arrays, and what the rules would decide is the same for each row."""
    variables: dict[str, object] = {
        "now": now.isoformat(),
        "open_cities": list(configuration().cities),
        "open": escalation.STATUSES,
        "batch": escalation.BATCH,
        "kind": EventKind.ESCALATED.value,
        "one_data": orjson.dumps(climb.data).decode(),
        "one_key": climb.key,
        "one_step": climb.step,
        "one_priority": climb.priority,
        "one_climb": escalation.as_json(climb.climb) or "",
        "one_next": (climb.next_step_at or now + NEVER_AGAIN).isoformat(),
    }
    take = spelled(
        escalation.TAKE_DUE,
        {"now": ":now", "cities": ":open_cities", "statuses": ":open", "batch": ":batch"},
    )
    names = {"cities": ":cities", "ids": ":ids", "statuses": ":statuses", "kind": ":kind"}
    names |= {
        "data": _for_each("one_data", "text"),
        "keys": _for_each("one_key", "text"),
        "steps": _for_each("one_step", "int"),
        "priorities": _for_each("one_priority", "text"),
        "next_steps": _for_each("one_next", "timestamptz"),
        "climbs": _for_each("one_climb", "text"),
        "departments": ":departments",
        "assignees": ":assignees",
    }
    text = "\n".join(
        (
            "begin;",
            "select array_agg(city_id) as cities, array_agg(id) as ids, array_agg(status) as statuses, "
            "array_agg(department) as departments, array_agg(assignee) as assignees, "
            f"count(*) as taken from ({take}) as due \\gset",
            spelled(RECORD, names) + ";",
            spelled(escalation.MOVE_UP, names) + ";",
            "commit;",
        )
    )
    return Script(text, {name: as_text(value) for name, value in variables.items()})


def _for_each(variable: str, kind: str) -> str:
    """An array with the variable's value once for each row taken."""
    return f"array_fill(:{variable}::{kind}, array[:taken::int])"
