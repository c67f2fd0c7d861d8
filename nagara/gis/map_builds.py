"""A whole city at low zoom: tiles made beforehand, kept, and made anew once anything they show has changed.

They are made of what the public may see, so they follow requests, the passing of a city's delay, and its
configuration. A build writes only tiles that differ; run twice it changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import psycopg

from city_config import City
from nagara.exchange import Question
from nagara.gis.cells import all_squares, squares
from nagara.gis.map_points import FROM_ZOOM, positions_of, shown_positions
from nagara.gis.mercator import Numbers, Tile, on_the_square
from nagara.public.publication import public_sql, public_values

POINTS_A_SECOND = 20_000
"""So many points earn a city a second of patience: a build costs a twentieth of the time between two, at most."""

SETTLING = dt.timedelta(seconds=30)
"""A change may be told a moment after its time: tiles made so soon after one are made once more."""

READ_TILE = """
select b.fingerprint, t.content from map_build b
  left join map_tile t on t.city_id = b.city_id and t.z = %(z)s and t.x = %(x)s and t.y = %(y)s
 where b.city_id = %(city_id)s
"""

STATES = """
select c.id, b.fingerprint, b.newest, b.built_at, coalesce(b.points, 0), newest.at,
       c.delay > 0 and exists (
           select from request r where r.city_id = c.id
              and r.received_at > b.built_at - make_interval(hours => c.delay)
              and r.received_at <= %(now)s::timestamptz - make_interval(hours => c.delay))
  from unnest(%(cities)s::text[], %(delays)s::int[]) as c (id, delay)
  left join map_build b on b.city_id = c.id
  left join lateral (select r.updated_at as at from request r where r.city_id = c.id
                      order by r.updated_at desc limit 1) as newest on true
"""
"""How each city's tiles stand, and how the city does: two look-ups a city, however many requests it has."""

ALL_POINTS = f"""
select count(*), string_agg(point_send(point(r.lat, r.lon)), '') from request r
 where r.city_id = %(city_id)s and r.closed_at is null and r.lat is not null and {public_sql()}
"""  # noqa: S608 - built of constants

KEPT = "select z, x, y, content from map_tile where city_id = %s"
KEEP = """
insert into map_tile (city_id, z, x, y, content) values (%s, %s, %s, %s, %s)
on conflict (city_id, z, x, y) do update set content = excluded.content
"""
DROP = "delete from map_tile where city_id = %s and z = %s and x = %s and y = %s"
BUILT = """
insert into map_build (city_id, fingerprint, newest, built_at, points)
values (%(city_id)s, %(fingerprint)s, %(newest)s, %(now)s, %(points)s)
on conflict (city_id) do update
   set fingerprint = excluded.fingerprint, newest = excluded.newest, built_at = excluded.built_at,
       points = excluded.points
"""


def question(city: City, tile: Tile) -> Question:
    """The statement that reads a kept tile, and its values."""
    return READ_TILE, {"city_id": city.id, "z": tile.z, "x": tile.x, "y": tile.y}


def all_question(city: City) -> Question:
    """The statement that reads where all open requests lie, and its values."""
    return ALL_POINTS, public_values(city) | {"city_id": city.id}


def drawn(city: City, tile: Tile, rows: list[tuple[Any, ...]]) -> bytes:
    """One tile made of all that is open: for whoever asks before the city's tiles are there."""
    return squares(*_on_the_square(city, rows[0]), tile)


def _on_the_square(city: City, row: tuple[Any, ...]) -> tuple[Numbers, Numbers]:
    _count, positions = row
    return on_the_square(*shown_positions(city, *positions_of(positions)))


def kept(city: City, rows: list[tuple[Any, ...]]) -> bytes | None:
    """The tile that was found; None where none was made yet under the city's present rules."""
    if not rows or rows[0][0] != city.fingerprint:
        return None
    return bytes(rows[0][1] or b"")


def due(
    connection: psycopg.Connection[Any], cities: Mapping[str, City], now: dt.datetime
) -> list[tuple[City, dt.datetime | None]]:
    """The cities whose tiles show what is no longer so, each with its newest change."""
    values = {
        "now": now,
        "cities": list(cities),
        "delays": [city.publication.delay_hours for city in cities.values()],
    }
    found = []
    for city_id, fingerprint, known, built_at, points, newest, released in connection.execute(STATES, values):
        city = cities[city_id]
        if built_at is not None and fingerprint == city.fingerprint:
            if now - built_at <= dt.timedelta(seconds=points / POINTS_A_SECOND):
                continue
            if newest == known and not released and not _unsettled(newest, built_at, now):
                continue
        found.append((city, newest))
    return found


def _unsettled(newest: dt.datetime | None, built_at: dt.datetime, now: dt.datetime) -> bool:
    return newest is not None and newest > built_at - SETTLING and now - built_at > SETTLING


def build(
    connection: psycopg.Connection[Any], city: City, newest: dt.datetime | None, now: dt.datetime
) -> int:
    """Make a city's tiles; returns how many were written or dropped. The caller commits.

    ``newest`` was read before: what changes meanwhile is seen by the next build.
    """
    row = connection.execute(*all_question(city)).fetchone() or (0, None)
    x, y = _on_the_square(city, row)
    wanted: dict[Tile, bytes] = {}
    for z in range(FROM_ZOOM):
        wanted |= dict(all_squares(x, y, z))
    before = {Tile(*row[:3]): bytes(row[3]) for row in connection.execute(KEPT, (city.id,))}
    written = [(city.id, t.z, t.x, t.y, tile) for t, tile in wanted.items() if before.get(t) != tile]
    dropped = [(city.id, t.z, t.x, t.y) for t in before.keys() - wanted.keys()]
    with connection.cursor() as cursor:
        cursor.executemany(KEEP, written)
        cursor.executemany(DROP, dropped)
    connection.execute(
        BUILT,
        {"city_id": city.id, "fingerprint": city.fingerprint, "newest": newest, "now": now, "points": row[0]},
    )
    return len(written) + len(dropped)
