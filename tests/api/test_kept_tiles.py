"""A drawing that is kept is shown only while it still holds, whoever changes what it shows, and however late."""

from __future__ import annotations

import datetime as dt
import math
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import mapbox_vector_tile
import numpy as np
import psycopg
import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.cities import configuration
from nagara.exchange import Question, Rows
from nagara.gis import map_builds, map_changes, map_points
from nagara.gis.drawn_tiles import READ_ANEW_AFTER_S, DrawnTiles, Kept
from nagara.gis.map_changes import CELLS_PER_DEGREE, Seen, cells_of
from nagara.gis.mercator import Tile, tile_around
from nagara.queue.area import Box
from nagara.settings import settings
from tests.api.test_tiles import rule
from tests.helpers import Connection, file, multiply
from tests.nagara.test_hot_plans import nodes
from tests.waiting import wait_until

COPY = """
insert into request (id, reference, {names})
select gen_random_uuid(), %s, {names} from request order by reference limit 1
"""
"""Lays a request beside another, without an event, so that it can be taken away again."""


SHOWN = ("reference", "received", "service", "status")
Points = list[tuple[str | int, ...]]


def points(content: bytes) -> Points:
    """What a tile shows, in an order of its own: the database's may be another one each time."""
    layers = mapbox_vector_tile.decode(content) if content else {}
    return sorted(
        (*map(one["properties"].get, SHOWN), *one["geometry"]["coordinates"])
        for one in layers.get("requests", {"features": []})["features"]
    )


def asked(client: TestClient, tile: Tile) -> Points:
    """What the public gets."""
    answer = client.get(f"/tiles/kh-pnh/{tile.z}/{tile.x}/{tile.y}.mvt")
    assert answer.status_code in (200, 204), answer.text
    return points(answer.content)


def read(connection: Connection, city: City, tile: Tile, seen: Seen | None = None) -> Rows:
    """What the statement finds, as the application asks it."""
    statement, values = map_points.question(city, tile, seen)
    assert isinstance(values, dict)
    return connection.cursor(binary=True).execute(statement, values).fetchall()


def anew(connection: Connection, city: City, tile: Tile) -> Points:
    """The tile read and drawn by nobody who keeps anything."""
    return points(map_points.as_tile(city, tile, map_points.found(city, read(connection, city, tile)).rows))


def seen_now(connection: Connection, city: City, tile: Tile) -> Seen:
    """What somebody notes who reads a tile now."""
    found = map_points.found(city, read(connection, city, tile))
    assert found.seen is not None
    return found.seen


def changed(connection: Connection, city: City, tile: Tile, seen: Seen) -> bool:
    """Whether anything is said to have changed since."""
    return map_points.found(city, read(connection, city, tile, seen)).changed


@pytest.fixture
def near(database_url: str, phnom_penh: City) -> Tile:
    """A tile amid the city, with one request in it."""
    file(phnom_penh)
    return tile_around(phnom_penh.map.centre.lat, phnom_penh.map.centre.lon, 16)


@pytest.fixture
def another(database_url: str) -> Iterator[Connection]:
    """A connection of its own, which commits when it is told to."""
    with psycopg.connect(database_url, options="-c timezone=UTC") as connection:
        yield connection


CHANGES = {
    "its status": "update request set status = 'acknowledged'",
    "its service": "update request set service_code = 'drainage_blocked'",
    "its reference": "update request set reference = 'PNH-AAAAAAA-A'",
    "its time": "update request set received_at = received_at - interval '3 days'",
    "hidden by staff": "update request set public = false",
    "confidential": "update request set confidential = true",
    "closed": "update request set closed_at = now()",
    "moved a little": "update request set lat = lat + 0.0001",
    "moved along": "update request set lon = lon + 0.0001",
    "moved away": "update request set lat = 11.62, lon = 104.85",
    "nowhere any more": "update request set lat = null, lon = null",
}
UNDONE = {
    "hidden by staff": "update request set public = null",
    "closed": "update request set closed_at = null",
    "moved away": "update request set lat = %(lat)s, lon = %(lon)s",
    "nowhere any more": "update request set lat = %(lat)s, lon = %(lon)s",
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_map_is_seen_by_the_next_who_asks(
    client: TestClient, phnom_penh: City, near: Tile, another: Connection, change: str
) -> None:
    before = asked(client, near)
    assert before
    another.execute(CHANGES[change])
    assert asked(client, near) == before, "it is not committed yet"
    another.commit()
    after = asked(client, near)
    assert after != before
    assert after == anew(another, phnom_penh, near)
    if change in UNDONE:
        centre = phnom_penh.map.centre
        another.execute(UNDONE[change], {"lat": centre.lat, "lon": centre.lon})
        another.commit()
        assert asked(client, near) == before


def laid(connection: Connection, reference: str) -> None:
    """Lay a copy of the first request beside it, which nobody was told of."""
    names = ", ".join(
        row[0]
        for row in connection.execute(
            "select column_name from information_schema.columns where table_name = 'request' "
            "and is_generated = 'NEVER' "
            "and column_name not in ('id', 'reference', 'idempotency_key', 'body_digest')"
        )
    )
    connection.execute(COPY.format(names=names), (reference,))


def test_what_is_added_and_taken_away_again_is_seen(
    client: TestClient, phnom_penh: City, near: Tile, another: Connection
) -> None:
    alone = asked(client, near)
    laid(another, "PNH-AAAAAAA-A")
    another.commit()
    both = asked(client, near)
    assert both == anew(another, phnom_penh, near) != alone
    another.execute("delete from request where reference = 'PNH-AAAAAAA-A'")
    another.commit()
    assert asked(client, near) == alone


def test_whoever_commits_late_is_seen_however_many_came_between(
    client: TestClient, phnom_penh: City, near: Tile, another: Connection, owner: Connection
) -> None:
    """Its number is lower than those of others that were seen long before."""
    reference = file(phnom_penh).reference
    another.execute("update request set status = 'acknowledged' where reference = %s", (reference,))
    for _ in range(3):
        owner.execute(
            "update request set received_at = received_at - interval '1 day' where reference <> %s",
            (reference,),
        )
        assert asked(client, near) == asked(client, near) == anew(owner, phnom_penh, near)
    before = asked(client, near)
    another.commit()
    assert asked(client, near) == anew(owner, phnom_penh, near) != before


def test_what_was_undone_changed_nothing(
    phnom_penh: City, near: Tile, another: Connection, owner: Connection
) -> None:
    seen = seen_now(owner, phnom_penh, near)
    another.execute("update request set status = 'acknowledged'")
    another.rollback()
    assert not changed(owner, phnom_penh, near, seen)


def test_changes_that_no_map_shows_and_those_of_other_places_let_drawings_stand(
    phnom_penh: City, near: Tile, owner: Connection
) -> None:
    far = file(phnom_penh, lat=11.62, lon=104.85).reference
    seen = seen_now(owner, phnom_penh, near)
    owner.execute("update request set priority = 'high', updated_at = now(), department = department")
    owner.execute("update request set status = 'acknowledged' where reference = %s", (far,))
    owner.execute("update request set closed_at = now() where reference = %s", (far,))
    owner.execute("update request set status = 'resolved' where reference = %s", (far,))
    file(phnom_penh, lat=11.62, lon=104.85)
    assert not changed(owner, phnom_penh, near, seen)
    owner.execute("update request set status = 'acknowledged' where reference <> %s", (far,))
    assert changed(owner, phnom_penh, near, seen)


def test_where_nothing_changed_no_point_is_read(phnom_penh: City, near: Tile, owner: Connection) -> None:
    seen = seen_now(owner, phnom_penh, near)
    statement, values = map_points.question(phnom_penh, near, seen)
    assert isinstance(values, dict)
    for asked_about, runs in ((seen, 0), (None, 1)):
        values |= map_changes.values(phnom_penh.id, near.box, asked_about)
        [[[plan]]] = owner.execute(f"explain (analyze, format json) {statement}", values).fetchall()
        found = [node for node in nodes(plan["Plan"]) if node.get("Relation Name") == "request"]
        assert [node["Actual Loops"] for node in found] == [runs] * len(found)
        assert found
    [row] = read(owner, phnom_penh, near, seen)
    assert (row[0], row[4:]) == (False, (0, None, None, None, None))


@pytest.mark.parametrize("blur_metres", [0, 400])
def test_after_any_changes_in_any_order_tiles_are_as_if_read_anew(
    client: TestClient, phnom_penh: City, owner: Connection, monkeypatch: pytest.MonkeyPatch, blur_metres: int
) -> None:
    """Also where points are shown in another tile than the one they lie in."""
    city = rule(monkeypatch, blur_metres=blur_metres)
    chance = random.Random(20_261_123 + blur_metres)
    centre = phnom_penh.map.centre
    multiply(owner, file(phnom_penh), 40)
    references = [row[0] for row in owner.execute("select reference from request order by reference")]
    place = f"lat = {centre.lat} + (random() - 0.5) * 0.06, lon = {centre.lon} + (random() - 0.5) * 0.06"
    owner.execute(f"update request set {place}")
    some = [
        f"update request set {place} where reference = any(%s)",
        "update request set closed_at = now() where closed_at is null and reference = any(%s)",
        "update request set closed_at = null where reference = any(%s)",
        "update request set public = case when public is null then false end where reference = any(%s)",
        "update request set priority = 'low' where reference = any(%s)",
    ]
    corners = [tile_around(centre.lat, centre.lon, z) for z in (14, 15, 16)]
    tiles = [Tile(c.z, c.x + a, c.y + b) for c in corners for a in (-1, 0, 1) for b in (-1, 0, 1)]
    real, held = map_points.found, list[bool]()

    def found(city: City, rows: Rows) -> map_points.Found:
        one = real(city, rows)
        held.append(not one.changed)
        return one

    monkeypatch.setattr(map_points, "found", found)
    for _ in range(40):
        owner.execute(chance.choice(some), (chance.sample(references, 2),))
        for tile in chance.sample(tiles, 6):
            assert asked(client, tile) == anew(owner, city, tile)
    assert sum(held) > 20, "many were not read again"


def test_a_point_shown_in_a_tile_changes_it_also_where_it_lies_in_a_cell_beside(
    phnom_penh: City, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = rule(monkeypatch, blur_metres=400)
    lat = phnom_penh.map.centre.lat
    edge = math.ceil((phnom_penh.map.centre.lon + 180) * CELLS_PER_DEGREE) / CELLS_PER_DEGREE - 180
    across = []
    for metres in range(-190, 200, 20):
        lon = edge + metres / 110_000
        lats, lons = map_points.shown_positions(city, np.array([lat]), np.array([lon]))
        tile = tile_around(lats[0], lons[0], 19)
        if not set(cells_of(Box(lon, lat, lon, lat))) & set(cells_of(tile.box)):
            across.append((lon, tile))
    lon, tile = across[0]
    reference = file(phnom_penh, lat=lat, lon=lon).reference
    assert [one[0] for one in anew(owner, city, tile)] == [reference]
    seen = seen_now(owner, city, tile)
    owner.execute("update request set status = 'acknowledged'")
    assert changed(owner, city, tile, seen)


def test_whoever_changed_something_sees_it_however_many_others_do_so_too(
    client: TestClient, phnom_penh: City, near: Tile, owner: Connection
) -> None:
    """Transactions of several writers overlap, begin and end in any order."""
    references = multiply(owner, file(phnom_penh), 3)
    days = [f"2026-03-{day:02}" for day in range(1, 21)]

    def change(reference: str) -> list[str | int]:
        chance, seen = random.Random(reference), list[str | int]()
        with psycopg.connect(settings().database_url) as connection:
            for day in days:
                connection.execute(
                    "update request set received_at = %s where reference = %s", (f"{day} 12:00Z", reference)
                )
                time.sleep(chance.random() * 0.02)
                connection.commit()
                seen += [received for own, received, *_ in asked(client, near) if own == reference]
        return seen

    with ThreadPoolExecutor(len(references)) as writers:
        for seen in writers.map(change, references):
            assert seen == days


def test_a_city_that_waits_before_it_shows_requests_shows_them_in_time(
    client: TestClient, phnom_penh: City, near: Tile, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, delay_hours=1)
    assert asked(client, near) == []
    owner.execute(
        "update request set received_at = clock_timestamp() - interval '1 hour' + interval '1 second'"
    )
    assert asked(client, near) == [], "the delay has not passed"
    wait_until(lambda: asked(client, near), "time alone shows it")


def test_a_file_of_changes_that_is_another_one_tells_that_anything_may_be_new(
    phnom_penh: City, near: Tile, owner: Connection
) -> None:
    seen = seen_now(owner, phnom_penh, near)
    assert not changed(owner, phnom_penh, near, seen)
    owner.execute("truncate map_change")
    assert changed(owner, phnom_penh, near, seen)


def test_a_server_that_was_started_anew_or_lost_is_not_believed(
    phnom_penh: City, near: Tile, owner: Connection
) -> None:
    seen = seen_now(owner, phnom_penh, near)
    ahead = int(seen.snapshot.split(":")[1]) + 1_000_000
    assert changed(owner, phnom_penh, near, seen._replace(snapshot=f"{ahead}:{ahead}:"))
    assert changed(owner, phnom_penh, near, seen._replace(since=seen.since - dt.timedelta(microseconds=1)))
    assert not changed(owner, phnom_penh, near, seen)


def test_a_drawing_is_asked_about_for_a_minute_after_it_was_read(phnom_penh: City, near: Tile) -> None:
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    seen, other, tiles, now = Seen(moment, 1, "1:1:"), Seen(moment, 1, "2:2:"), DrawnTiles(), time.monotonic()

    def ask(about: Seen | None) -> Question:
        return "select %s", (about,)

    def drawn(seen: Seen) -> Kept:
        tiles.drawn(phnom_penh, near, [(1, b"a")], lambda *_: b"a", seen, now)
        kept = tiles.kept(phnom_penh, near)
        assert kept is not None
        return kept

    kept = drawn(seen)
    one = kept.question(ask)
    assert one == ask(seen)
    kept.still_holds(Seen(*seen))
    assert kept.question(ask) is one, "all who ask about the same may be answered together"
    for told in (other, None):
        kept.still_holds(told)
        assert kept.question(ask) == ask(told)
    kept.still_holds(other)
    kept.read_at = now - READ_ANEW_AFTER_S
    assert kept.question(ask) is kept.question(ask) == ask(None), "it was read too long ago"
    assert drawn(other) is kept
    assert kept.question(ask) == ask(other)


NOTED_LONG_AGO = "update map_build set ended_at = ended_at - interval '3 minutes'"


def forgotten(connection: Connection) -> int:
    """How many changes are forgotten now."""
    found = map_changes.forget(connection, "kh-pnh")
    connection.commit()
    return found


def left(owner: Connection) -> int:
    """How many changes are told."""
    [[count]] = owner.execute("select count(*) from map_change")
    return int(count)


def test_changes_are_forgotten_later_and_whoever_saw_less_reads_anew(
    phnom_penh: City, near: Tile, db: Connection, owner: Connection, another: Connection
) -> None:
    assert (forgotten(db), left(owner)) == (0, 1), "nothing was noted, because no tile was made"
    early = seen_now(owner, phnom_penh, near)
    map_builds.build(db, phnom_penh, None, dt.datetime.now(dt.UTC))
    another.execute("update request set status = 'acknowledged'")
    assert forgotten(db) == 0, "what has ended by now is noted"
    assert forgotten(db) == 0, "but not long ago"
    another.commit()
    seen = seen_now(owner, phnom_penh, near)
    owner.execute("update request set received_at = received_at - interval '1 day'")
    owner.execute(NOTED_LONG_AGO)
    assert (forgotten(db), left(owner)) == (1, 2), "only what had ended when it was noted"
    assert changed(owner, phnom_penh, near, seen)
    seen = seen_now(owner, phnom_penh, near)
    owner.execute(NOTED_LONG_AGO)
    assert (forgotten(db), left(owner)) == (2, 0)
    assert not changed(owner, phnom_penh, near, seen)
    assert changed(owner, phnom_penh, near, early), "what it did not see is no longer told"


def test_numbers_of_another_server_that_a_dump_brought_along_mislead_nobody(
    phnom_penh: City, near: Tile, db: Connection, owner: Connection
) -> None:
    map_builds.build(db, phnom_penh, None, dt.datetime.now(dt.UTC))
    db.commit()
    owner.execute(
        "insert into map_change (city_id, cell, change) select city_id, cell, '90000000' from map_change"
    )
    for mark in ("80000000", "3"):
        owner.execute("update map_build set ended_before = %s, ended_at = now() - interval '1 day'", (mark,))
        seen = seen_now(owner, phnom_penh, near)
        owner.execute("update request set received_at = received_at - interval '1 day'")
        forgotten(db)
        assert changed(owner, phnom_penh, near, seen)
        assert not changed(owner, phnom_penh, near, seen_now(owner, phnom_penh, near))


@pytest.mark.parametrize("city_id", ["kh-pnh", "vn-sgn", "mm-rgn"])
def test_cells_are_reckoned_as_the_database_does(city_id: str, owner: Connection) -> None:
    centre, chance = configuration().cities[city_id].map.centre, random.Random(city_id)
    for z in (14, 17):
        box = tile_around(centre.lat, centre.lon, z).box
        lats = [box.south, box.north, *(chance.uniform(box.south, box.north) for _ in range(200))]
        lons = [box.west, box.east, *(chance.uniform(box.west, box.east) for _ in range(200))]
        reckoned = owner.execute(
            "select distinct map_cell(lat, lon) from unnest(%s::float8[], %s::float8[]) as one (lat, lon)",
            (lats, lons),
        )
        cells = cells_of(box)
        assert {row[0] for row in reckoned} <= set(cells)
        assert len(cells) <= 4


def test_no_city_learns_of_anothers_changes(phnom_penh: City, near: Tile, owner: Connection) -> None:
    [[change]] = owner.execute("select change::text from map_change")
    owner.execute("insert into map_change (city_id, cell) select 'kh-rep', cell from map_change")
    with psycopg.connect(settings().database_url, options="-c role=nagara_app") as app:
        app.execute("select set_config('nagara.city', 'kh-pnh', true)")
        assert app.execute("select city_id, change::text from map_change").fetchall() == [("kh-pnh", change)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("insert into map_change (city_id, cell) values ('kh-rep', 1)")
