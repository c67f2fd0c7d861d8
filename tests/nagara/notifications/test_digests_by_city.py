"""Digests city by city: one task at a time, and what fails costs only who it is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg

from city_config import City
from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.locks import only_one_of
from nagara.notifications import DIGESTS, tell_each_city
from nagara.notifications.by_city import Digest
from nagara.notifications.work_digest import WORK
from tests.helpers import Connection, file
from tests.planting import plant

MORNING = dt.datetime(2027, 1, 5, 7, 5, tzinfo=dt.UTC)
WITHIN = dt.timedelta(seconds=30)


def wants_a_digest(owner: Connection, city: City, username: str, zone: str) -> None:
    plant(
        owner, "staff_account", city.id,
        username=username, role="city_admin", active=True, email=f"{username}@example.org",
    )  # fmt: skip
    plant(owner, "staff_notice_choice", city.id, username=username, digest="daily", zone=zone)


def told_of(owner: Connection) -> list[tuple[Any, ...]]:
    return owner.execute("select city_id, audience from message order by created_at").fetchall()


def test_a_city_or_reader_that_fails_and_a_city_in_other_hands_cost_only_themselves(
    owner: Connection, phnom_penh: City
) -> None:
    other = next(city for city in configuration().cities.values() if city.id != phnom_penh.id)
    for city in (phnom_penh, other):
        file(city)
    owner.execute("update request set resolve_by = '2026-01-01T00:00Z'")
    for username, zone in (("anna", "UTC"), ("bora", "Moon/Base"), ("chan", "UTC")):
        wants_a_digest(owner, phnom_penh, username, zone)
    wants_a_digest(owner, other, "dara", "UTC")

    def who(connection: psycopg.Connection[Any], city: City, now: dt.datetime) -> Sequence[Any]:
        connection.execute("select 1 / %s", (int(city.id != phnom_penh.id),))
        return WORK.who(connection, city, now)

    with clock_connection() as connection, clock_connection() as second:
        assert tell_each_city(connection, DIGESTS, MORNING, dt.timedelta()) == 0, "no batch after its time"
        assert tell_each_city(connection, [Digest(who, WORK.tell)], MORNING, WITHIN) == 1
        assert told_of(owner) == [(other.id, "staff:dara")], "committed, though another city failed"
        with only_one_of(second, f"digests of {phnom_penh.id}") as mine:
            assert mine
            assert tell_each_city(connection, DIGESTS, MORNING, WITHIN) == 0, "another task tells this city"
        assert tell_each_city(connection, DIGESTS, MORNING, WITHIN) == 2
        assert tell_each_city(connection, DIGESTS, MORNING, WITHIN) == 0
    assert told_of(owner)[1:] == [(phnom_penh.id, f"staff:{name}") for name in ("anna", "chan")]
