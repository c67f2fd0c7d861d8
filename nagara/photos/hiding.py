"""Faces and plates are hidden before anybody but privileged staff sees a picture, where the city wants it so.

A picture is due until everything its city hides was looked for in it; one that came before the city wanted that
is due as well. Each is one transaction, so that a picture that cannot be read holds up no other.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from city_config import City
from nagara.database import time_told
from nagara.errors import MediaUnavailable
from nagara.photos import detecting, keeping
from nagara.photos.redaction import Box, redact
from nagara.photos.storage import MediaStore

log = logging.getLogger(__name__)

DUE = """
select city_id, id from photo
 where city_id = %s and cardinality(searched) < 2 and not searched @> %s::text[]
 order by created_at limit %s
"""
TAKE = """
select sha256, redacted_sha256, boxes from photo
 where city_id = %s and id = %s and not searched @> %s::text[] for update skip locked
"""
HIDDEN = """
update photo set searched = %(searched)s, found = %(found)s, redacted_sha256 = %(redacted)s,
       redacted_at = %(redacted_at)s
 where city_id = %(city_id)s and id = %(id)s
"""


class Pass(NamedTuple):
    """What a pass did: pictures looked through, those in which something was hidden, those that failed."""

    searched: int
    redacted: int
    failed: int


def hide_what_cities_want(
    connection: psycopg.Connection[Any], store: MediaStore, cities: Mapping[str, City], most: int
) -> Pass:
    """Look through pictures that are due, at most so many; commits after each. Nothing without the extra."""
    wanted = {city.id: sorted(city.publication.hide) for city in cities.values() if city.publication.hide}
    if not wanted or not detecting.available():
        return Pass(0, 0, 0)
    searched = redacted = failed = 0
    for city_id, what in wanted.items():
        with connection.transaction():
            due = connection.execute(DUE, (city_id, what, most - searched - failed)).fetchall()
        for _, photo_id in due:
            try:
                with connection.transaction():
                    hidden = _look_through(connection, store, city_id, photo_id, what)
            except (MediaUnavailable, ValueError, OSError) as fault:
                failed += 1
                log.warning("a picture could not be looked through: %s", type(fault).__name__)
                continue
            searched += hidden is not None
            redacted += bool(hidden)
    return Pass(searched, redacted, failed)


def _look_through(
    connection: psycopg.Connection[Any], store: MediaStore, city_id: str, photo_id: Any, what: Sequence[str]
) -> bool | None:
    """Whether anything was hidden in a picture; None where somebody else has it in hand."""
    row = connection.execute(TAKE, (city_id, photo_id, list(what))).fetchone()
    if row is None:
        return None
    original, former, drawn = row
    picture = store.read_now(city_id, bytes(original), "picture")
    found = detecting.find(picture, what)
    boxes = [*found, *(Box(*box) for box in drawn)]
    now: dt.datetime = time_told(connection)
    new = redact(picture, boxes) if boxes else None
    if new is not None:
        connection.execute(
            "select pg_advisory_xact_lock_shared(%s, hashtext(%s))",
            (keeping.CONTENT_LOCKS, keeping.lock_name(city_id, new.sha256)),
        )
        store.write_now(city_id, new.sha256, new.picture, new.thumbnail)
    connection.execute(
        HIDDEN,
        {
            "city_id": city_id,
            "id": photo_id,
            "searched": list(what),
            "found": Jsonb([list(box) for box in found]),
            "redacted": new.sha256 if new else None,
            "redacted_at": now if new else None,
        },
    )
    if former is not None and (new is None or bytes(former) != new.sha256):
        keeping.remove_unused(connection, store, [(city_id, former)])
    return new is not None
