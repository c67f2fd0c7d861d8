"""A pause has reached its cap: the request waits still, and the clock of its promise runs on by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import psycopg

from city_config import City
from nagara.escalation.events import Taken
from nagara.escalation.ladder import Climb, written_climb
from nagara.event_log import EventKind
from nagara.lifecycle import Status
from nagara.promises import clocks
from nagara.system_events import RECORD

RUN_ON = """
update request
   set acknowledge_by = up.acknowledge_by, respond_by = up.respond_by, resolve_by = up.resolve_by,
       paused_at = null, next_due_at = up.next_due_at, next_step_at = up.next_step_at,
       climb = up.climb::jsonb, version = version + 1, updated_at = clock_timestamp()
  from unnest(%(cities)s::text[], %(ids)s::uuid[], %(acknowledge)s::timestamptz[], %(respond)s::timestamptz[],
              %(resolve)s::timestamptz[], %(next_due)s::timestamptz[], %(next_steps)s::timestamptz[],
              %(climbs)b::text[])
       as up (city_id, id, acknowledge_by, respond_by, resolve_by, next_due_at, next_step_at, climb)
 where request.city_id = up.city_id and request.id = up.id
"""


@dataclass(frozen=True, slots=True)
class RanOn:
    """A request whose pause is over though it still waits: its due times now, its clocks, what the event says."""

    row: Taken
    ticking: clocks.Ticking
    data: Mapping[str, Any]


def ran_on(city: City, row: Taken, climb: Climb, now: dt.datetime) -> RanOn | None:
    """What happens to a paused request at the cap of its pause; None before it. Pure."""
    status = Status(row.status)
    ended = clocks.end_pause(city, row, status, climb, now)
    cap = clocks.ticking(city, row, climb).next_step_at
    if ended is None or cap is None or now < cap:
        return None
    running = replace(
        row,
        paused_at=None,
        acknowledge_by=ended.due["acknowledge_by"],
        respond_by=ended.due["respond_by"],
        resolve_by=ended.due["resolve_by"],
    )
    data = {**ended.data, "paused_to": ended.until, "waits": status.value}
    return RanOn(running, clocks.ticking(city, running, ended.climb), data | {"since": row.paused_at})


def write_ran_on(connection: psycopg.Connection[Any], over: Sequence[RanOn]) -> None:
    """Record it and set the clocks going, in the caller's transaction; one event for each pause."""
    keys = {"cities": [one.row.city_id for one in over], "ids": [one.row.id for one in over]}
    with connection.pipeline():
        connection.execute(
            RECORD,
            keys
            | {
                "kind": EventKind.PAUSE_ENDED.value,
                "statuses": [one.row.status for one in over],
                "data": [orjson.dumps(one.data).decode() for one in over],
                "keys": [f"pause_ended:{one.data['since'].isoformat()}" for one in over],
            },
        )
        connection.execute(
            RUN_ON,
            keys
            | {
                "acknowledge": [one.row.acknowledge_by for one in over],
                "respond": [one.row.respond_by for one in over],
                "resolve": [one.row.resolve_by for one in over],
                "next_due": [one.ticking.next_due_at for one in over],
                "next_steps": [one.ticking.next_step_at for one in over],
                "climbs": [_json(one.ticking.climb) for one in over],
            },
        )


def _json(climb: Climb) -> str | None:
    written = written_climb(climb)
    return orjson.dumps(written).decode() if written else None
