"""The map residents open: the points of a box, live, and a whole city in squares.

The floor of a box is pgbench fetching the same rows by the same walk along the index; that of a whole city is the
look-up of one kept tile. Of a box in which nothing has changed only that is looked up, so there is a line for boxes
that change between any two who ask, too: it costs the reading and the drawing each time, and the changes on both sides.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from bench.floor import Script, spelled, variables_of
from bench.over_http import floor_of, load_of, reading, request_text
from bench.rounds import Bar, Operation, Side
from bench.servers import API_WORKERS, Measured
from city_config import City
from nagara.database import clock_connection, time_told
from nagara.gis import map_builds, map_points
from nagara.gis.mercator import Tile, tile_around

FEATURES = 1_300
"""Of a box, as nearly as the tiles of some zoom come to it."""

AS_ROWS = f"""
select r.lat, r.lon, r.reference, r.service_code, r.status,
       (r.received_at at time zone 'UTC')::date - '1970-01-01'::date as days {map_points.IN_A_TILE}
"""
"""The floor's answer: what a point shows, the day as a number because that is said soonest."""

FIRST = f"select r.id {map_points.IN_A_TILE}"
CHANGE = """
update request set received_at = received_at + interval '1 microsecond'
 where city_id = %(city_id)s and id = any(%(ids)s)
"""
"""Changes one request of each tile: nobody sees a difference, but what is in the tiles is another."""

CHANGES_A_SECOND = 250
"""Wanted of each tile; where a process is asked for one less often than it changes, it draws each time."""

BOX_BAR, CITY_BAR = Bar(ratio_at_least=0.6), Bar(p95_below_ms=40)
TILES, FROM_AFAR = 4, (8, 9, 10, 11)


def map_operations(
    measured: Measured, owner: psycopg.Connection[Any], city: City, connections: int
) -> list[Operation]:
    """Both ways to see a city's map; its kept tiles are made first."""
    with clock_connection() as connection:
        map_builds.build(connection, city, None, time_told(connection))
    found = _boxes(owner, city)
    near = [tile for tile, _ in found]
    holding = f"the boxes hold {', '.join(f'{count:,}' for _, count in found)} points"
    centre = city.map.centre
    afar = [tile_around(centre.lat, centre.lon, z) for z in FROM_AFAR]
    box = load_of(measured, connections, 200, _requests(city, near))
    rows = floor_of(measured, connections, [_rows_of(number, city, tile) for number, tile in enumerate(near)])
    return [
        Operation("map, a box", connections, "tiles/s", box, rows, BOX_BAR, holding),
        Operation(
            "map, a box that changes all the time",
            connections,
            "tiles/s",
            _meanwhile(measured, city, near, box),
            _meanwhile(measured, city, near, rows),
        ),
        Operation(
            "map, a whole city",
            connections,
            "tiles/s",
            load_of(measured, connections, 200, _requests(city, afar)),
            floor_of(measured, connections, [_kept(number, city, tile) for number, tile in enumerate(afar)]),
            CITY_BAR,
        ),
    ]


def _boxes(owner: psycopg.Connection[Any], city: City) -> list[tuple[Tile, int]]:
    """Tiles amid the city that hold about as many points as a box has, each with how many."""
    counted = []
    for z in range(map_points.FROM_ZOOM, map_points.FROM_ZOOM + 4):
        middle = tile_around(city.map.centre.lat, city.map.centre.lon, z)
        for number in range(TILES):
            tile = Tile(z, middle.x + number % 2, middle.y + number // 2)
            statement, values = map_points.squares_question(city, tile)
            row = owner.execute(statement, values).fetchone()
            assert row is not None
            counted.append((tile, row[0]))
    return sorted(counted, key=lambda one: abs(math.log(max(one[1], 1) / FEATURES)))[:TILES]


def _meanwhile(
    measured: Measured, city: City, tiles: Sequence[Tile], run: Callable[[float], Side]
) -> Callable[[float], Side]:
    """The same while every tile changes again and again, so that none that was drawn before can be shown again."""

    def change(ended: threading.Event) -> float:
        with psycopg.connect(measured.database_url, autocommit=True) as connection:
            connection.execute("set synchronous_commit = off")  # the disk is not what is measured
            ids = [connection.execute(FIRST, _values(city, tile)).fetchone() for tile in tiles]
            values = {"city_id": city.id, "ids": [row[0] for row in ids if row]}
            changes, began = 0, time.monotonic()
            while not ended.wait(1 / CHANGES_A_SECOND):
                connection.execute(CHANGE, values, prepare=True)
                changes += 1
            return changes / (time.monotonic() - began)

    def run_meanwhile(seconds: float) -> Side:
        ended = threading.Event()
        with ThreadPoolExecutor(1) as other:
            changing = other.submit(change, ended)
            try:
                found = run(seconds)
            finally:
                ended.set()
            asked = found.rate / len(tiles) / API_WORKERS
            print(
                f"  each tile changed {changing.result():,.0f} times a second, a process was asked {asked:,.0f}"
            )
        return found

    return run_meanwhile


def _requests(city: City, tiles: Sequence[Tile]) -> list[str]:
    """As browsers ask: packed."""
    return [
        request_text(
            "GET", f"/tiles/{city.id}/{tile.z}/{tile.x}/{tile.y}.mvt", b"", ("Accept-Encoding", "gzip")
        )
        for tile in tiles
    ]


def _rows_of(number: int, city: City, tile: Tile) -> Script:
    return _script(f"m{number}_", AS_ROWS, _values(city, tile))


def _values(city: City, tile: Tile) -> dict[str, Any]:
    _, values = map_points.squares_question(city, tile)
    assert isinstance(values, dict)
    return values | {"most": map_points.MOST_POINTS + 1}


def _kept(number: int, city: City, tile: Tile) -> Script:
    statement, values = map_builds.question(city, tile)
    assert isinstance(values, dict)
    return _script(f"c{number}_", statement, values)


def _script(prefix: str, statement: str, values: dict[str, Any]) -> Script:
    names, variables = variables_of(prefix, values)
    return Script(reading(names["city_id"], spelled(statement, names)), variables)
