"""Figures of four cities with two months each, for tests of what is made of them."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import psycopg
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.indicators import sheets
from nagara.indicators.build import build_city
from tests.nagara.indicators.logged import log_request

CITIES = ("kh-pnh", "kh-rep", "th-bkk", "vn-han")
CODES = ("road_pothole", "street_light", "waste_missed")
PERIOD = "2026-03..2026-04"
NETWORK = "/api/v1/network"
Owner = psycopg.Connection[Any]


def lay_four_cities(client: TestClient, owner: Owner) -> TestClient:
    """Four cities with two months each; one keeps far fewer promises, and one has three reports of a rare kind."""
    sheets.forget()
    chance = random.Random(5)
    begin = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    with owner.transaction():
        for place, city in enumerate(CITIES):
            for number in range(72):
                slow = chance.random() < (0.7 if place == 3 else 0.25)
                closed = [] if number % 12 == 0 else [("resolved", 100.0 if slow else 20.0, "staff")]
                log_request(
                    owner,
                    city,
                    begin + dt.timedelta(hours=16 * number),
                    [("acknowledged", 3.0, "staff"), *closed],
                    code=CODES[number % 3],
                    district=str(number % 2),
                    filed={"observed_at": (begin + dt.timedelta(hours=16 * number - 2)).isoformat()},
                )
        for _ in range(3):
            log_request(owner, CITIES[0], begin, code="noise", district="0")
    with clock_connection() as clock:
        now = time_told(clock)
        for city in CITIES:
            build_city(clock, configuration(), city, now)
        clock.commit()
    return client
