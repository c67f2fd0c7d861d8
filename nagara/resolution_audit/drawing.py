"""Draws an audit's sample: the same one for everybody who draws it from the same log by the same seed.

The frame is every issue first resolved in the quarter, as the first snapshot knows them that reaches its end: whoever
waits, or builds again, changes nothing of it. Each has a number that nobody chose - SHA-256 over the seed and its id -
and the smallest are the sample. The seed comes from the root over all the city's histories that the network holds of
the first day after the quarter, so that a city cannot draw until it likes what it sees; where no root is held yet, from
the digest of the snapshot's inputs, and the audit says so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from city_config import City
from nagara.errors import InvalidInput

QUARTER = re.compile(r"(20[0-9]{2})-Q([1-4])")
SMALLEST, USUAL, LARGEST = 60, 60, 400
"""Issues of a sample; a quarter with fewer is looked at whole."""

SNAPSHOT = """
select id, cut_off, built_at, inputs_digest from indicator_snapshot
 where city_id = %s and cut_off >= %s order by built_at, id limit 1
"""
ROOT = "select hash from network_root where city_id = %s and day >= %s order by day limit 1"
FRAME = """
with first as (
    select request_id, min(seq) as seq from event
     where city_id = %(city)s and kind = 'resolved' and recorded_at <= %(known_at)s and occurred_at <= %(cut_off)s
     group by request_id)
select event.request_id from first join event using (request_id, seq)
  join event filed on filed.city_id = %(city)s and filed.request_id = event.request_id and filed.seq = 1
 where event.city_id = %(city)s and event.occurred_at >= %(begin)s and event.occurred_at < %(end)s
   and coalesce(filed.data->>'channel', '') <> 'inspection'
   and not (filed.actor_kind = 'staff' and coalesce(filed.data->>'channel', 'staff') = 'staff')
   and not exists (
       select from event link where link.city_id = %(city)s and link.request_id = event.request_id
          and link.kind = 'duplicate_linked' and link.recorded_at <= %(known_at)s and link.occurred_at <= %(cut_off)s
          and not exists (select from event again where again.city_id = %(city)s and again.request_id = link.request_id
                             and again.seq > link.seq and again.kind = 'reopened'
                             and again.recorded_at <= %(known_at)s and again.occurred_at <= %(cut_off)s))
 order by event.request_id
"""
"""Issues as figures count them: no duplicate, and not what the city found itself."""


@dataclass(frozen=True)
class Source:
    """What a sample is drawn from."""

    snapshot_id: uuid.UUID
    cut_off: dt.datetime
    known_at: dt.datetime
    seed: str
    seed_from: str


@dataclass(frozen=True)
class Drawn:
    """A sample and what it was drawn from."""

    source: Source
    resolved: int
    """Issues first resolved in the quarter."""
    requests: tuple[uuid.UUID, ...]
    """In the order of the draw."""

    @property
    def digest(self) -> str:
        """SHA-256 over the ids in their order: whoever draws again compares this."""
        return hashlib.sha256(b"".join(one.bytes for one in self.requests)).hexdigest()


def quarter_of(city: City, quarter: str) -> tuple[dt.datetime, dt.datetime]:
    """When a quarter such as ``2026-Q3`` begins and ends in a city; raises ``InvalidInput``."""
    found = QUARTER.fullmatch(quarter)
    if found is None:
        raise InvalidInput(
            f"{quarter[:40]!r} is no quarter.", field="quarter", allowed="a quarter such as 2026-Q3"
        )
    year, first = int(found[1]), 3 * int(found[2]) - 2
    after = (year, first + 3) if first < 10 else (year + 1, 1)
    return dt.datetime(year, first, 1, tzinfo=city.zone), dt.datetime(*after, 1, tzinfo=city.zone)


def source_of(connection: psycopg.Connection[Any], city: City, quarter: str) -> Source:
    """The first snapshot that reaches the quarter's end, and the seed; raises ``InvalidInput`` before there is one."""
    _, end = quarter_of(city, quarter)
    row = connection.execute(SNAPSHOT, (city.id, end)).fetchone()
    if row is None:
        raise InvalidInput(
            f"The figures of {city.id} do not reach the end of {quarter} yet.",
            field="quarter",
            allowed="a quarter that has ended",
        )
    snapshot_id, cut_off, built_at, digest = row
    root = connection.execute(ROOT, (city.id, end.astimezone(dt.UTC).date())).fetchone()
    rests_on = bytes(root[0]).hex() if root else str(digest)
    seed = hashlib.sha256(f"nagara resolution audit {city.id} {quarter} {rests_on}".encode()).hexdigest()
    return Source(snapshot_id, cut_off, built_at, seed, "network_root" if root else "snapshot")


def frame_of(
    connection: psycopg.Connection[Any], city: City, quarter: str, source: Source
) -> list[uuid.UUID]:
    """Every issue first resolved in the quarter as of the snapshot, in order of id."""
    begin, end = quarter_of(city, quarter)
    values = {"city": city.id, "known_at": source.known_at, "cut_off": source.cut_off}
    return [row[0] for row in connection.execute(FRAME, values | {"begin": begin, "end": end}).fetchall()]


def chosen(frame: Sequence[uuid.UUID], seed: str, size: int) -> tuple[uuid.UUID, ...]:
    """The sample: the issues with the smallest SHA-256 over seed and id. Pure; the frame's order does not matter."""
    salt = bytes.fromhex(seed)
    return tuple(sorted(frame, key=lambda one: hashlib.sha256(salt + one.bytes).digest())[:size])


def draw(
    connection: psycopg.Connection[Any], city: City, quarter: str, source: Source, size: int = USUAL
) -> Drawn:
    """The sample of a quarter; raises ``InvalidInput`` for a size out of bounds, or where nothing was resolved."""
    if not SMALLEST <= size <= LARGEST:
        raise InvalidInput(
            f"A sample has no {size} issues.", field="size", allowed=f"{SMALLEST} to {LARGEST}"
        )
    frame = frame_of(connection, city, quarter, source)
    if not frame:
        raise InvalidInput(
            f"Nothing was resolved in {quarter}.", field="quarter", allowed="a quarter with resolutions"
        )
    return Drawn(source, len(frame), chosen(frame, source.seed, size))
