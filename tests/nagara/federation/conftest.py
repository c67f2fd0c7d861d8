"""A city that runs its own Nagara, and its network's: one after the other in the same database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from nagara.cities import configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.federation.bundle import canonical
from nagara.federation.door import Received, receive
from nagara.federation.exporting import make_bundle
from nagara.federation.registry import register
from nagara.federation.signing import encode, new_private_key, public_key_of, sign
from nagara.indicators.build import build_city
from nagara.trust.sealing import seal
from tests.nagara.indicators.logged import log_request

CITY = "kh-pnh"
JANUARY = dt.datetime(2026, 1, 5, 3, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
OWN = (
    "request, event, event_outbox, trust_leaf, trust_root, indicator_snapshot, indicator_figure, "
    "indicator_part, indicator_group, indicator_build"
)

Bundle = dict[str, Any]
Take = Callable[..., Received]


def filed(connection: psycopg.Connection[Any], count: int, since: dt.datetime) -> None:
    """Requests of a city, two thirds of them resolved."""
    for number in range(count):
        done = [] if number % 3 == 0 else [("resolved", 20.0, "staff")]
        at = since + number * HOUR
        log_request(
            connection,
            CITY,
            at,
            [("acknowledged", 2.0, "staff"), *done],
            district="1202",
            filed={"config_fingerprint": "ab" * 32},
        )


@pytest.fixture
def bundles(owner: psycopg.Connection[Any]) -> list[Bundle]:
    """Three bundles of a city, each made a day after the one before; afterwards the database is the network's."""
    made = []
    with clock_connection() as connection:
        now = time_told(connection)
        for age, (count, since) in ((2, (30, JANUARY)), (1, (12, now - 40 * DAY)), (0, (12, now - 20 * DAY))):
            filed(connection, count, since)
            build_city(connection, configuration(), CITY, time_told(connection))
            seal(connection, CITY, now - age * DAY)
            made.append(make_bundle(connection, CITY, now - age * HOUR))
        connection.commit()
    owner.execute("set session_replication_role = replica")
    owner.execute(f"truncate {OWN} cascade")
    owner.execute("set session_replication_role = origin")
    return made


@pytest.fixture
def private(database_url: str) -> bytes:
    """The city's key, registered with the network."""
    key = new_private_key()
    registered(key)
    return key


def registered(key: bytes, city: str = CITY) -> None:
    """Register a key."""
    with network_connection() as connection:
        register(connection, configuration(), "officer", city, encode(public_key_of(key)))


@pytest.fixture
def take(private: bytes) -> Take:
    """Sign a bundle and hand it in at the network's door."""

    def take(bundle: Bundle, key: bytes = private) -> Received:
        return receive(configuration(), canonical(sign(bundle, key)))

    return take
