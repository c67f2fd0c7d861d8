"""Whether a tile that was drawn still holds: told by what changed in its cells, without reading a single point.

Every change of what a map shows adds a row with the number of its transaction (``map_change``, written by triggers).
Whoever reads a tile notes the snapshot it was read in; the drawing holds until there is a row in the tile's cells that
this snapshot did not see. That is exact: a transaction that committed is seen by the next look-up, however its number
stands to others', and one under way is not. What changes without those triggers, as when a dump is restored, is known
by the table having become another file: whoever does so leaves it new or truncated.
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

HOLDS_FOR_S = 30.0
"""A snapshot of longer ago is not asked about any more."""

TOLD_FOR = dt.timedelta(minutes=2)
"""So long what changed is told at least: longer than a snapshot is asked about, and a question waits and runs."""


class Seen(NamedTuple):
    """What a tile was read in: the file of the changes and a snapshot, as the database tells them."""

    file: int
    snapshot: str


SEEN_NOW: LiteralString = """
    pg_relation_filenode('map_change')::int8,
    case when not pg_is_in_recovery() then pg_current_snapshot()::text end"""
"""Both of a ``Seen``. On a standby a snapshot does not tell what is under way, so none is told."""

CHANGED: LiteralString = """
    %(snapshot)s::text is null
    or %(file)s::int8 is distinct from pg_relation_filenode('map_change')::int8
    or pg_snapshot_xmax(%(snapshot)s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())
    or exists (select from map_change c
                where c.city_id = %(city_id)s and c.cell = any(%(cells)s::int[])
                  and c.change >= pg_snapshot_xmin(%(snapshot)s::pg_snapshot)
                  and not pg_visible_in_snapshot(c.change, %(snapshot)s::pg_snapshot))"""
"""Whether anything in some cells may have changed since they were seen. A snapshot from ahead of now is one of a server
that was lost before others had all it wrote."""

FORGET = """
with told as (
    select city_id, ended_before from map_build
     where city_id = %(city_id)s and (ended_at is null or ended_at < clock_timestamp() - %(told_for)s::interval)),
marked as (
    update map_build b set ended_before = pg_snapshot_xmin(pg_current_snapshot()), ended_at = clock_timestamp()
      from told where b.city_id = told.city_id)
delete from map_change c using told where c.city_id = told.city_id and c.change < told.ended_before
"""
"""Forgets what transactions changed that had ended when this was done last, and notes which have ended by now: the
number of a transaction tells when it began to write, not when others could see it."""


def values(city_id: str, box: Box, seen: Seen | None) -> dict[str, Any]:
    """The values of ``CHANGED`` for what lies in a box; nothing was seen yet: None."""
    return {
        "city_id": city_id,
        "cells": cells_of(box),
        "file": seen and seen.file,
        "snapshot": seen and seen.snapshot,
    }


def cells_of(box: Box) -> list[int]:
    """The cells that a box touches, by their numbers."""
    south, north = (math.floor((edge + 90) * CELLS_PER_DEGREE) for edge in (box.south, box.north))
    west, east = (math.floor((edge + 180) * CELLS_PER_DEGREE) for edge in (box.west, box.east))
    return [row * CELLS_ALONG + column for row in range(south, north + 1) for column in range(west, east + 1)]


def forget(connection: psycopg.Connection[Any], city_id: str) -> int:
    """Forget a city's changes that no reader asks about any more; how many. Where no tile was made yet, none."""
    return connection.execute(FORGET, {"city_id": city_id, "told_for": TOLD_FOR}).rowcount
