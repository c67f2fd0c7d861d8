"""Vector tiles, read back by two decoders nobody here wrote: the right points in the right places, and no others."""

from __future__ import annotations

import datetime as dt
import math
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.cities import configuration
from nagara.exchange import Rows
from nagara.gis import map_builds, map_points
from nagara.gis.drawn_tiles import DrawnTiles
from nagara.gis.map_changes import Seen
from nagara.gis.mercator import Tile, tile_around
from nagara.gis.vector_tile import EXTENT, Column, layer
from nagara.public.publication import public_position
from tests.api.conftest import Staff
from tests.api.foreign import elsewhere
from tests.helpers import Connection, file, multiply

DOWN = {"y_coord_down": True}
GDAL = """
import json, sys
from pyogrio.raw import read
meta, _, geometry, columns = read(sys.argv[1], layer=sys.argv[2], METADATA_FILE="")
print(json.dumps({"fields": meta["fields"].tolist(), "rows": [list(map(str, row)) for row in zip(*columns)],
                  "crs": meta["crs"], "geometry": [g.hex() for g in geometry]}))
"""


def read(
    client: TestClient, tile: Tile, city: str = "kh-pnh", **headers: str
) -> dict[str, list[dict[str, Any]]]:
    """The features of a tile by layer, with the positions they stand at in degrees."""
    answer = client.get(f"/tiles/{city}/{tile.z}/{tile.x}/{tile.y}.mvt", headers=headers)
    if answer.status_code == 204:
        return {}
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    decoded = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
    return {
        name: [one["properties"] | position(tile, one) for one in found["features"]]
        for name, found in decoded.items()
    }


def position(tile: Tile, one: dict[str, Any]) -> dict[str, float]:
    x, y = one["geometry"]["coordinates"]
    side = EXTENT * 2**tile.z
    south = math.pi * (1 - 2 * (tile.y * EXTENT + y + 0.5) / side)
    return {
        "lon": (tile.x * EXTENT + x + 0.5) / side * 360 - 180,
        "lat": math.degrees(math.atan(math.sinh(south))),
    }


def built(db: Connection, cities: dict[str, City] | None = None) -> int:
    """Make the tiles that are due; returns how many changed."""
    found = cities or {"kh-pnh": configuration().cities["kh-pnh"]}
    now = dt.datetime.now(dt.UTC)
    changed = 0
    for city, newest in map_builds.due(db, found, now):
        changed += map_builds.build(db, city, newest, now)
    db.commit()
    return changed


def rule(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> City:
    """Let the city publish otherwise, for one test; it is another object then, as whenever its files change."""
    cities = configuration().cities
    assert isinstance(cities, dict)
    before: City = cities["kh-pnh"]
    after: City = before.model_copy(update={"publication": before.publication.model_copy(update=changes)})
    monkeypatch.setitem(cities, "kh-pnh", after)
    return after


@pytest.fixture
def spread(phnom_penh: City, owner: Connection) -> City:
    """Three hundred requests around the city's middle, come at any hour of three days."""
    multiply(owner, file(phnom_penh), 299)
    owner.execute(
        "update request set lat = lat + (random() - 0.5) * 0.05, lon = lon + (random() - 0.5) * 0.05, "
        "received_at = received_at - random() * interval '3 days'"
    )
    return phnom_penh


def test_every_open_request_stands_once_where_it_is(
    client: TestClient, spread: City, owner: Connection
) -> None:
    centre = spread.map.centre
    middle = tile_around(centre.lat, centre.lon, 14)
    found = [
        one
        for x in range(middle.x - 2, middle.x + 3)
        for y in range(middle.y - 2, middle.y + 3)
        for one in read(client, Tile(14, x, y)).get("requests", [])
    ]
    rows = owner.execute(
        "select reference, lat, lon, service_code, received_at::date::text from request"
    ).fetchall()
    stands = {reference: rest for reference, *rest in rows}
    assert sorted(one["reference"] for one in found) == sorted(stands)
    for one in found:
        lat, lon, service, day = stands[one["reference"]]
        assert (one["service"], one["status"], one["received"]) == (service, "received", day)
        assert math.isclose(one["lat"], lat, abs_tol=1e-5)
        assert math.isclose(one["lon"], lon, abs_tol=1e-5)


def test_the_encoder_writes_numbers_of_every_length() -> None:
    edges = np.array([0, 1, 63, 64, 127, 128, 4095])
    many = [f"value {number}" for number in range(20_000)]
    columns = {"n": Column([0, 1, 127, 128, 16_384, 2**40, 7], np.arange(7)), "many": Column(many, edges * 4)}
    decoded = mapbox_vector_tile.decode(
        layer("edges", edges, edges[::-1].copy(), columns), default_options={"y_coord_down": True}
    )
    found = decoded["edges"]["features"]
    assert [one["geometry"]["coordinates"] for one in found] == [
        [a, b] for a, b in zip(edges, edges[::-1], strict=True)
    ]
    assert [one["properties"]["n"] for one in found] == [0, 1, 127, 128, 16_384, 2**40, 7]
    assert [one["properties"]["many"] for one in found] == [many[edge * 4] for edge in edges]
    with pytest.raises(ValueError, match="fewer"):
        layer("x", edges, edges, {"n": Column(range(1 << 21), edges)})


def test_what_nobody_may_see_is_in_no_tile(
    client: TestClient, phnom_penh: City, owner: Connection, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = file(phnom_penh)
    file(phnom_penh, confidential=True)
    hidden, closed = file(phnom_penh), file(phnom_penh)
    owner.execute("update request set public = false where reference = %s", (hidden.reference,))
    owner.execute("update request set closed_at = now() where reference = %s", (closed.reference,))
    near = tile_around(phnom_penh.map.centre.lat, phnom_penh.map.centre.lon, 16)
    assert [one["reference"] for one in read(client, near)["requests"]] == [shown.reference]
    assert [one["count"] for one in read(client, Tile(0, 0, 0))["cells"]] == [1], (
        "before the first tiles were made"
    )
    built(db)
    assert [one["count"] for one in read(client, Tile(0, 0, 0))["cells"]] == [1]
    rule(monkeypatch, delay_hours=2)
    assert read(client, near) == {}


def test_points_stand_on_the_citys_grid_and_a_tile_is_held_against_it(
    client: TestClient, spread: City, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = rule(monkeypatch, blur_metres=500)
    lats, lons = (
        np.array(column)
        for column in zip(*owner.execute("select lat, lon from request").fetchall(), strict=True)
    )
    one_by_one = [public_position(city, lat, lon, own=False) for lat, lon in zip(lats, lons, strict=True)]
    at_once = zip(*map_points.shown_positions(city, lats, lons), strict=True)
    for alone, (lat, lon) in zip(one_by_one, at_once, strict=True):
        assert alone == {"lat": round(lat, 6), "lon": round(lon, 6)}
    middle = tile_around(city.map.centre.lat, city.map.centre.lon, 14)
    found = [
        one
        for x in range(middle.x - 2, middle.x + 3)
        for y in range(middle.y - 2, middle.y + 3)
        for one in read(client, Tile(14, x, y)).get("requests", [])
    ]
    assert len(found) == len(lats), "no point is lost between two tiles, or stands twice"
    places = {(round(p["lat"], 5), round(p["lon"], 5)) for p in one_by_one if p}
    for one in found:
        assert any(abs(one["lat"] - a) < 2e-5 and abs(one["lon"] - b) < 2e-5 for a, b in places)


def test_a_whole_city_is_squares_that_count_and_follow_what_happens(
    client: TestClient, spread: City, db: Connection, supervisor: Staff
) -> None:
    assert built(db) > 14
    for z in (0, 9, 13):
        found = [
            one
            for x, y in {
                (t.x, t.y)
                for t in (Tile(*row) for row in db.execute("select z, x, y from map_tile where z = %s", (z,)))
            }
            for one in read(client, Tile(z, x, y))["cells"]
        ]
        assert sum(one["count"] for one in found) == 300, z
        assert all(abs(one["lat"] - spread.map.centre.lat) < 0.1 for one in found) or z == 0
    assert built(db) == 0
    whole = tile_around(spread.map.centre.lat, spread.map.centre.lon, 9)
    address = f"/tiles/kh-pnh/9/{whole.x}/{whole.y}.mvt"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    row = db.execute("select reference from request limit 1").fetchone()
    assert row is not None
    db.commit()
    assert supervisor.move(row[0], "decline", reason="not_found").status_code == 200
    assert built(db) > 0
    changed = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200, "what was kept elsewhere is no longer so"
    assert sum(one["count"] for one in read(client, whole)["cells"]) == 299


def test_a_citys_new_rules_hold_at_once_and_released_requests_follow(
    client: TestClient, phnom_penh: City, db: Connection, owner: Connection
) -> None:
    file(phnom_penh)
    assert built(db) > 0
    stricter = phnom_penh.publication.model_copy(update={"delay_hours": 2})
    changed = phnom_penh.model_copy(update={"publication": stricter, "fingerprint": "another"})
    assert map_builds.kept(changed, [(phnom_penh.fingerprint, b"tile")]) is None
    assert built(db, {"kh-pnh": changed}) > 0
    assert db.execute("select count(*) from map_tile").fetchone() == (0,)
    owner.execute("update request set received_at = received_at - interval '2 hours'")
    owner.execute("update map_build set built_at = built_at - interval '1 second'")
    assert built(db, {"kh-pnh": changed}) > 0, "the delay has passed meanwhile"
    assert db.execute("select count(*) > 0 from map_tile").fetchone() == (True,)


def test_very_many_points_are_squares_near_by_too(
    client: TestClient, phnom_penh: City, owner: Connection
) -> None:
    multiply(owner, file(phnom_penh), map_points.MOST_POINTS + 20)
    near = tile_around(phnom_penh.map.centre.lat, phnom_penh.map.centre.lon, 15)
    [square] = read(client, near)["cells"]
    assert square["count"] == map_points.MOST_POINTS + 21, "all of them, not as many as are drawn one by one"


def test_a_tile_asked_again_shows_what_happened_since(
    client: TestClient, phnom_penh: City, supervisor: Staff
) -> None:
    reference = file(phnom_penh).reference
    near = tile_around(phnom_penh.map.centre.lat, phnom_penh.map.centre.lon, 16)
    address = f"/tiles/kh-pnh/{near.z}/{near.x}/{near.y}.mvt"
    tags = []
    for status, step in (("received", "acknowledge"), ("acknowledged", None)):
        first, again = client.get(address), client.get(address)
        assert first.content == again.content
        assert [one["status"] for one in read(client, near)["requests"]] == [status]
        tags.append(first.headers["etag"])
        assert client.get(address, headers={"If-None-Match": tags[-1]}).status_code == 304
        if step:
            assert supervisor.move(reference, step).status_code == 200
    assert tags[0] != tags[1]
    other = file(phnom_penh).reference
    assert sorted(one["reference"] for one in read(client, near)["requests"]) == sorted([reference, other])


def drawing(counted: list[int]) -> Callable[[City, Tile, Rows], bytes]:
    """Draws what a tile's rows say, and counts how often."""

    def draw(_city: City, _tile: Tile, rows: Rows) -> bytes:
        counted.append(1)
        return bytes(rows[0][1])

    return draw


def test_only_the_very_same_rows_under_the_same_rules_are_not_drawn_again(phnom_penh: City) -> None:
    tiles, counted = DrawnTiles(), list[int]()
    draw, one, two = drawing(counted), Tile(15, 1, 1), Tile(15, 1, 2)

    def asked(city: City, tile: Tile, content: bytes) -> int:
        assert tiles.drawn(city, tile, [(1, content)], draw).content == content
        return len(counted)

    assert [asked(phnom_penh, one, content) for content in (b"a", b"a", b"b", b"a")] == [1, 1, 2, 3]
    assert [asked(phnom_penh, tile, b"a") for tile in (two, one, two)] == [4, 4, 4]
    changed = phnom_penh.model_copy(update={"id": phnom_penh.id})
    assert [asked(city, one, b"a") for city in (changed, changed, phnom_penh)] == [5, 5, 6]


def test_kept_drawings_take_no_more_memory_than_they_may(phnom_penh: City) -> None:
    tiles, counted = DrawnTiles(most_bytes=14_000), list[int]()
    draw = drawing(counted)

    def asked(number: int, size: int = 400) -> int:
        tiles.drawn(phnom_penh, Tile(15, number, 0), [(1, bytes(size))], draw)
        return len(counted)

    assert [asked(number) for number in (1, 2, 1, 2)] == [1, 2, 2, 2], "both fit"
    assert [asked(number) for number in (1, 3, 1, 2)] == [2, 3, 3, 4], "the one asked longest ago made room"
    assert [asked(9, 5_000), asked(9, 5_000)] == [5, 6], "what is larger than all of it is not kept"
    assert asked(1) == 7


def test_empty_tiles_take_memory_too_and_make_room(phnom_penh: City) -> None:
    tiles, rows = DrawnTiles(most_bytes=1_000_000), [(0, None, None, None, None)]
    tracemalloc.start()
    try:
        for number in range(20_000):
            tile = Tile(22, 3_319_000 + number, 1_961_000)
            now = time.monotonic()
            seen = Seen(dt.datetime.now(dt.UTC), number, f"{number}:{number}:")
            tiles.drawn(phnom_penh, tile, list(rows), map_points.as_tile, seen, now)
            one = tiles.kept(phnom_penh, tile)
            assert one is not None
            one.question(partial(map_points.question, phnom_penh, tile))
        kept, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_500_000, "anybody may ask for any of very many places where nothing lies"


def test_wrong_numbers_are_refused_and_an_empty_tile_is_no_content(client: TestClient) -> None:
    assert client.get("/tiles/kh-pnh/14/0/0.mvt").status_code == 204
    assert client.get("/tiles/kh-pnh/3/0/0.mvt").status_code == 204
    for path, field in (("23/0/0", "z"), ("1/2/0", "x"), ("1/0/-1", "y")):
        answer = client.get(f"/tiles/kh-pnh/{path}.mvt")
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert client.get("/tiles/xx-yyy/1/0/0.mvt").status_code == 404


def test_the_description_leads_to_the_tiles(client: TestClient, spread: City) -> None:
    told = client.get("/tiles/kh-pnh.json").json()
    assert told["tilejson"] == "3.0.0"
    west, south, east, north = told["bounds"]
    assert west < spread.map.centre.lon < east
    assert south < spread.map.centre.lat < north
    lon, lat, _zoom = told["center"]
    tile = tile_around(lat, lon, told["maxzoom"] - 2)
    address = told["tiles"][0].format(z=tile.z, x=tile.x, y=tile.y)
    assert client.get(address[address.index("/tiles") :]).status_code == 200
    assert {one["id"] for one in told["vector_layers"]} == {"requests", "cells"}


def test_gdal_reads_a_tile(client: TestClient, spread: City, tmp_path: Path) -> None:
    near = tile_around(spread.map.centre.lat, spread.map.centre.lon, 14)
    expected = read(client, near)["requests"]
    address = f"14/{near.x}/{near.y}.mvt"
    (tmp_path / "14" / str(near.x)).mkdir(parents=True)
    (tmp_path / address).write_bytes(client.get(f"/tiles/kh-pnh/{address}").content)
    found = elsewhere(GDAL, f"MVT:{tmp_path}/{address}", "requests")
    at = found["fields"].index("reference")
    assert sorted(row[at] for row in found["rows"]) == sorted(one["reference"] for one in expected)
    assert found["crs"] == "EPSG:3857"
