"""Open requests as points of a tile: read live, in one question along an index, shown where the public sees them.

Where nothing in the tile has changed since somebody's snapshot, the same question tells that, and reads no point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from city_config import City
from nagara.exchange import Lasting, Packed, Question, Rows
from nagara.filing.nearby import BANDS_PER_DEGREE
from nagara.gis import cells, map_changes
from nagara.gis.map_changes import Seen
from nagara.gis.mercator import Numbers, Tile, on_the_square
from nagara.gis.vector_tile import EXTENT, Column, Integers, Texts, layer
from nagara.public.publication import METRES_PER_DEGREE, public_sql, public_values
from nagara.queue.area import Box

LAYER = "requests"
FROM_ZOOM = 14
"""Nearer than this every request is a point; a whole city is drawn from squares."""

MOST_POINTS = 5_000
"""Of one tile; where there are more, squares are shown instead."""

SQUARES_INSTEAD = 128

MAY_LIE_IN_IT = f"""
  from request r
 where r.city_id = %(city_id)s and r.closed_at is null and r.lat is not null
   and r.near_band = any(%(bands)s::int[]) and r.lon between %(west)s and %(east)s
   and {public_sql()}"""
"""What may lie in a tile: along one index, a step into it for each band of 222 m."""

IN_A_TILE = f"{MAY_LIE_IN_IT} limit %(most)s::bigint"

Inside = npt.NDArray[np.bool_]

POINTS = Packed(f"""
with looked as materialized (select {map_changes.CHANGED} as changed)
select (select changed from looked), {map_changes.SEEN_NOW},
       count(*), string_agg(point_send(point(p.lat, p.lon)), ''), string_agg(timestamptz_send(p.received_at), ''),
       string_agg(p.reference, ','), string_agg(p.service_code || ' ' || p.status, ',')
  from (select r.lat, r.lon, r.reference, r.service_code, r.status, r.received_at {MAY_LIE_IN_IT}
           and (select changed from looked) limit %(most)s::bigint) as p
""")  # noqa: S608 - built of constants
"""Whether anything changed, in what that was seen, and the points if so. One row, a column of the answer in each
field: a thousand rows would cost more to take apart than to find, and a row for each service and status, of which a box
holds a hundred, more than to say their words with each point. Times go as they are: to cut a thousand to days costs
more here than where they are read. Codes and statuses hold no blank."""

ALL_POSITIONS = Packed(f"""
select count(*), string_agg(point_send(point(p.lat, p.lon)), '') from (select r.lat, r.lon {IN_A_TILE}) as p
""")  # noqa: S608 - built of constants
"""Where all of them lie, for a tile that holds more than are drawn one by one: the squares tell true numbers."""

POSTGRESQL_BEGINS = np.datetime64("2000-01-01T00:00:00", "us")
"""What PostgreSQL counts the microseconds of a time from."""


class Found(NamedTuple):
    """What ``question`` finds: ``seen`` where it can be asked about later, and what ``as_tile`` takes where anything
    may have changed."""

    changed: bool
    seen: Seen | None
    rows: Rows


def question(city: City, tile: Tile, seen: Seen | None = None) -> Question:
    """The statement that finds what may lie in a tile unless nothing changed since that was seen, and its values.

    What is shown on a grid may lie up to half its step from where it is: so much more is looked at.
    """
    values = _values(city, tile, MOST_POINTS + 1)
    bands = values["bands"]
    south, north = bands[0] / BANDS_PER_DEGREE, (bands[-1] + 1) / BANDS_PER_DEGREE
    looked_at = Box(values["west"], south, values["east"], north)
    return POINTS, Lasting(values | map_changes.values(city.id, looked_at, seen))


def found(city: City, rows: Rows) -> Found:
    """What the statement found. Of a city that shows requests after a delay time alone changes what is shown."""
    [(changed, since, file, snapshot, *points)] = rows
    lasting = snapshot is not None and not city.publication.delay_hours
    return Found(changed, Seen(since, file, snapshot) if lasting else None, [tuple(points)])


def squares_question(city: City, tile: Tile) -> Question:
    """The statement that finds where everything in a tile may lie, and its values."""
    return ALL_POSITIONS, _values(city, tile, None)


def _values(city: City, tile: Tile, most: int | None) -> dict[str, Any]:
    box = tile.box
    around_lat = city.publication.blur_metres / METRES_PER_DEGREE
    around_lon = around_lat / max(0.01, math.cos(math.radians(max(abs(box.south), abs(box.north)))))
    first, last = (
        math.floor(edge * BANDS_PER_DEGREE) for edge in (box.south - around_lat, box.north + around_lat)
    )
    return public_values(city) | {
        "city_id": city.id,
        "bands": list(range(first, last + 1)),
        "west": box.west - around_lon,
        "east": box.east + around_lon,
        "most": most,
    }


def shown_positions(city: City, lats: Numbers, lons: Numbers) -> tuple[Numbers, Numbers]:
    """Positions as ``public_position`` shows them, many at once."""
    metres = city.publication.blur_metres
    if not metres:
        return lats, lons
    step = metres / METRES_PER_DEGREE
    lats = np.rint(lats / step) * step
    lon_step = step / np.maximum(0.01, np.cos(np.radians(lats)))
    return lats, np.rint(lons / lon_step) * lon_step


def positions_of(sent: bytes | None) -> tuple[Numbers, Numbers]:
    """Latitudes and longitudes of points as PostgreSQL sends them, one behind the other."""
    both = np.frombuffer(sent or b"", dtype=">f8").reshape(-1, 2).astype(np.float64)
    return both[:, 0], both[:, 1]


def as_squares(city: City, tile: Tile, rows: Sequence[tuple[Any, ...]]) -> bytes:
    """What ``squares_question`` found as a tile of counted squares."""
    _count, positions = rows[0]
    x, y = on_the_square(*shown_positions(city, *positions_of(positions)))
    return cells.squares(x, y, tile, SQUARES_INSTEAD)


def are_too_many(rows: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the statement found more than are drawn one by one: then squares are shown instead."""
    return bool(rows[0][0] > MOST_POINTS)


def as_tile(city: City, tile: Tile, rows: Sequence[tuple[Any, ...]]) -> bytes:
    """What the statement found as a tile: nothing where nothing lies in it."""
    count, positions, times, references, words = rows[0]
    if not count:
        return b""
    x, y = on_the_square(*shown_positions(city, *positions_of(positions)))
    side = 2.0**tile.z * EXTENT
    x, y = np.floor(x * side) - tile.x * EXTENT, np.floor(y * side) - tile.y * EXTENT
    within = (x >= 0) & (x < EXTENT) & (y >= 0) & (y < EXTENT)
    if not within.any():
        return b""
    service, status = _pairs(words, within)
    columns = {
        "service": service,
        "status": status,
        "received": _days(times, within),
        "reference": _named(references, within),
    }
    return layer(LAYER, x[within].astype(np.int64), y[within].astype(np.int64), columns)


class _Places(dict[str, int]):
    """Where each word stands in the order in which they were first asked for."""

    def __missing__(self, word: str) -> int:
        place = self[word] = len(self)
        return place


def _pairs(text: str, within: Inside) -> tuple[Column, Column]:
    """Two properties that take few values, and few pairs of them: each pair is looked at once."""
    pairs = _Places()
    chosen = np.fromiter(map(pairs.__getitem__, text.split(",")), np.int64, len(within))[within]
    services, statuses = (_few(words) for words in zip(*(pair.split(" ") for pair in pairs), strict=True))
    return Column(services[0], services[1][chosen]), Column(statuses[0], statuses[1][chosen])


def _few(words: Sequence[str]) -> tuple[list[str], Integers]:
    """The words there are, and which of them stands at each place."""
    places = _Places()
    chosen = np.array([places[word] for word in words], np.int64)
    return list(places), chosen


def _named(text: str, within: Inside) -> Column:
    """References, each of another request: as rows of bytes where all are of one length, as a city's own are."""
    sent = np.frombuffer(f"{text},".encode(), np.uint8)
    length = len(sent) // len(within)
    if len(sent) == length * len(within) and text.isascii():
        rows = sent.reshape(len(within), length)
        if (rows[:, -1] == ord(",")).all() and (rows[:, :-1] != ord(",")).all():
            return Column(Texts(rows[within, :-1]), np.arange(np.count_nonzero(within)))
    names = [name for name, inside in zip(text.split(","), within, strict=True) if inside]
    return Column(names, np.arange(len(names)))


def _days(sent: bytes, within: Inside) -> Column:
    """Times, as PostgreSQL sends them, as dates (UTC)."""
    times = np.frombuffer(sent, dtype=">i8")[within].astype("timedelta64[us]")
    days, chosen = np.unique((POSTGRESQL_BEGINS + times).astype("datetime64[D]"), return_inverse=True)
    written = np.datetime_as_string(days).astype("S10")
    return Column(Texts(written.view(np.uint8).reshape(-1, 10)), chosen)
