"""Watchers of an area: what waits for the public is looked at when it is due, and at once when staff decide."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.notifications import compose, tell_watchers
from tests.api.conftest import Staff
from tests.api.test_public_list import BODY, file, rule
from tests.helpers import Connection
from tests.messages import Browser

HOUR = dt.timedelta(hours=1)
Times = list[dt.timedelta]


@pytest.fixture(autouse=True)
def _somebody_watches(client: TestClient, phnom_penh: City) -> None:
    centre = phnom_penh.map.centre
    area = {"lat": centre.lat, "lon": centre.lon, "metres": 20000, "channel": "push"}
    push = Browser("http://127.0.0.1:9").subscription()
    assert client.post("/api/v1/cities/kh-pnh/alerts", json=area | {"push": push}).status_code == 201


def waits(db: Connection) -> dt.datetime:
    """Take what was filed from the outbox, and return when the oldest was received."""
    with db.transaction():
        compose(db)
        row = db.execute("select min(received_at) from request").fetchone()
    assert row is not None
    received: dt.datetime = row[0]
    return received


def told(db: Connection, now: dt.datetime) -> int:
    """How many are told at a moment."""
    with db.transaction():
        return tell_watchers(db, now)


def looked_at_after(db: Connection, since: dt.datetime) -> Times:
    """How long after ``since`` each that waits is looked at next, soonest first."""
    with db.transaction():
        rows = db.execute("select look_again_at - %s from alert_waiting order by 1", (since,)).fetchall()
    return [row[0] for row in rows]


def test_it_is_told_at_the_moment_in_which_the_citys_delay_ends(
    client: TestClient, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, delay_hours=2)
    file(client)
    received = waits(db)
    soon = received + dt.timedelta(minutes=1)
    assert told(db, soon) == 0
    assert looked_at_after(db, soon) == [HOUR], "the city may change its rules meanwhile"
    assert told(db, soon + HOUR) == 0
    assert looked_at_after(db, received) == [2 * HOUR]
    assert told(db, received + 2 * HOUR - dt.timedelta(seconds=1)) == 0
    assert [told(db, received + 2 * HOUR) for _ in range(2)] == [1, 0]
    assert looked_at_after(db, received) == []


def test_what_a_citys_new_rule_publishes_is_told_within_the_hour(
    client: TestClient, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, moderated=True)
    file(client)
    soon = waits(db) + dt.timedelta(minutes=1)
    assert told(db, soon) == 0
    rule(monkeypatch, moderated=False)
    assert [told(db, soon + part * HOUR) for part in (0.5, 1)] == [0, 1]


def test_what_staff_release_is_told_at_once(
    client: TestClient, db: Connection, supervisor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, moderated=True)
    hidden, released = (file(client)["reference"] for _ in range(2))
    waits(db)
    assert told(db, dt.datetime.now(dt.UTC)) == 0
    for reference, public in ((hidden, False), (released, True)):
        body = {"public": public, "reason": "personal_data"}
        url = f"/api/v1/staff/requests/{reference}/publication"
        assert supervisor.client.post(url, json=body, headers=supervisor.headers).status_code == 200
    now = dt.datetime.now(dt.UTC)
    assert told(db, now) == 1
    assert looked_at_after(db, now) == [HOUR], "what they hide may be released one day"


def test_what_staff_release_comes_before_all_that_is_due(
    client: TestClient, db: Connection, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, moderated=True)
    last = [file(client)["reference"] for _ in range(4)][-1]
    waits(db)
    owner.execute("update request set public = true where reference = %s", (last,))
    with db.transaction():
        assert tell_watchers(db, dt.datetime.now(dt.UTC), limit=1) == 1


def test_what_staff_are_deciding_about_is_told_as_soon_as_they_have(
    client: TestClient, db: Connection, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far the look at what waits has come when they commit."""
    rule(monkeypatch, moderated=True)
    reference = file(client)["reference"]
    with owner.transaction():
        owner.execute("update request set public = true where reference = %s", (reference,))
        waits(db)  # it waits since a moment that the trigger did not see
        assert told(db, dt.datetime.now(dt.UTC)) == 0
    assert told(db, dt.datetime.now(dt.UTC)) == 1


def test_what_staff_find_to_be_of_a_service_the_public_sees_is_told_at_once(
    client: TestClient, db: Connection, agent: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, moderated_services=(BODY["service_code"],))
    reference = file(client)["reference"]
    waits(db)
    assert told(db, dt.datetime.now(dt.UTC)) == 0
    assert agent.move(reference, "recategorise", service_code="street_light").status_code == 200
    assert told(db, dt.datetime.now(dt.UTC)) == 1


def test_other_moves_leave_what_waits_alone(
    client: TestClient, db: Connection, agent: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, moderated=True)
    reference = file(client)["reference"]
    waits(db)
    now = dt.datetime.now(dt.UTC)
    assert told(db, now) == 0
    assert agent.move(reference, "acknowledge").status_code == 200
    assert looked_at_after(db, now) == [HOUR]


def test_only_so_many_are_looked_at_and_the_others_next(
    client: TestClient, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, moderated=True)
    for _ in range(5):
        file(client)
    waits(db)
    now = dt.datetime.now(dt.UTC)
    for left in (3, 1, 0):
        with db.transaction():
            assert tell_watchers(db, now, limit=2) == 0
        assert [found <= dt.timedelta() for found in looked_at_after(db, now)].count(True) == left
    with db.transaction():
        db.execute("update alert_waiting set since = since - interval '15 days'")
    told(db, now + HOUR)
    assert looked_at_after(db, now) == [], "nobody is told of what is two weeks old"
