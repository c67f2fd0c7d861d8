"""Whether a tile that was drawn still holds: told by what changed in its cells, without reading a single point.

Every change of what a map shows adds a row with the number of its transaction (``map_change``, written by triggers).
Whoever reads a tile notes the snapshot it was read in; the drawing holds until there is a row in the tile's cells that
this snapshot did not see. So what committed is seen by the next look-up, however the transaction's number stands to
others', and what is under way is not. Where numbers cannot tell - changes are forgotten, the server was started anew,
the table became another file as after a restore - anything may have changed. Whoever changes requests past the triggers
truncates ``map_change`` in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, LiteralString, NamedTuple

import psycopg

from nagara.queue.area import Box

CELLS_PER_DEGREE = 50
"""A fiftieth of a degree is 2.2 km: a tile with all its points lies in few cells, and most changes in others."""

CELLS_ALONG = 18_001
"""Numbers of cells along a parallel; with ``CELLS_PER_DEGREE`` what the database's ``map_cell`` reckons with."""

TOLD_FOR = dt.timedelta(minutes=2)
"""So long what changed is told at least; whoever asks about a snapshot from before has to read anew."""

MOST_FORGOTTEN = 100_000
"""At a time, of one city."""


class Seen(NamedTuple):
    """What a tile was read in, as the database tells it: since when its server runs, the file of the changes and a
    snapshot."""

    since: dt.datetime
    file: int
    snapshot: str


SEEN_NOW: LiteralString = """
    pg_postmaster_start_time(), pg_relation_filenode('map_change')::int8,
    case when not pg_is_in_recovery() then pg_current_snapshot()::text end"""
"""All of a ``Seen``. On a standby a snapshot does not tell what is under way, so none is told."""

CHANGED: LiteralString = """
    %(snapshot)s::text is null
    or %(since)s::timestamptz is distinct from pg_postmaster_start_time()
    or %(file)s::int8 is distinct from pg_relation_filenode('map_change')::int8
    or pg_snapshot_xmax(%(snapshot)s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())
    or exists (select from map_build b
                where b.city_id = %(city_id)s and b.forgotten_before > pg_snapshot_xmin(%(snapshot)s::pg_snapshot))
    or exists (select from map_change c
                where c.city_id = %(city_id)s and c.cell = any(%(cells)s::int[])
                  and c.change >= pg_snapshot_xmin(%(snapshot)s::pg_snapshot)
                  and not pg_visible_in_snapshot(c.change, %(snapshot)s::pg_snapshot))"""
"""Whether anything in some cells may have changed since they were seen. A server started anew may have lost what it
wrote last and give the same numbers to others; a snapshot from ahead of now is one of such a server, too."""

FORGET = """
with told as (
    select b.city_id, b.ended_before, now.snapshot, b.ended_before <= pg_snapshot_xmin(now.snapshot) as ours
      from map_build b, (select pg_current_snapshot() as snapshot) now
     where b.city_id = %(city_id)s and (b.ended_at is null or b.ended_at < clock_timestamp() - %(told_for)s::interval)),
marked as (
    update map_build b
       set forgotten_before = case when told.ours then told.ended_before end,
           ended_before = pg_snapshot_xmin(told.snapshot), ended_at = clock_timestamp()
      from told where b.city_id = told.city_id)
delete from map_change where ctid = any(array(
    select c.ctid from map_change c join told using (city_id)
     where told.ours and c.change < told.ended_before or c.change >= pg_snapshot_xmax(told.snapshot)
     limit %(most)s))
"""
"""Forgets what transactions changed that had ended when this was done last, tells up to where, and notes which have
ended by now: the number of a transaction tells when it began to write, not when others could see it. A mark, or a
change, from ahead of all numbers is of another server, from whose dump this one was made."""


def values(city_id: str, box: Box, seen: Seen | None) -> dict[str, Any]:
    """The values of ``CHANGED`` for what lies in a box; nothing was seen yet: None."""
    return {
        "city_id": city_id,
        "cells": cells_of(box),
        "since": seen and seen.since,
        "file": seen and seen.file,
        "snapshot": seen and seen.snapshot,
    }


def cells_of(box: Box) -> list[int]:
    """The cells that a box touches, by their numbers."""
    south, north = (math.floor((edge + 90) * CELLS_PER_DEGREE) for edge in (box.south, box.north))
    west, east = (math.floor((edge + 180) * CELLS_PER_DEGREE) for edge in (box.west, box.east))
    return [row * CELLS_ALONG + column for row in range(south, north + 1) for column in range(west, east + 1)]


def forget(connection: psycopg.Connection[Any], city_id: str) -> int:
    """Forget a city's changes of some minutes ago; how many. Where no tile was made yet, none."""
    values = {"city_id": city_id, "told_for": TOLD_FOR, "most": MOST_FORGOTTEN}
    return connection.execute(FORGET, values).rowcount
