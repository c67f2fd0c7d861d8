"""Lists of GeoReport v2, in both forms; the floor is pgbench with the same statement and values.

Each API process has one client here: a list of 200 is some hundred kilobytes, and more clients than processes
would measure their queue.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from bench.floor import Script, spelled, variables_of
from bench.over_http import floor_of, load_of, reading, request_text
from bench.rounds import Bar, Operation
from bench.servers import API_WORKERS, Measured
from city_config import City
from nagara import statements
from nagara.database import time_told
from nagara.open311.lists import ListFilter, list_values, window

PAGE = 200
BAR = Bar(p95_below_ms=60)
DEEP = 40
"""A page so far behind that 8,000 requests stand before it."""


def open311_operations(measured: Measured, owner: psycopg.Connection[Any], city: City) -> list[Operation]:
    """The first page in JSON and in XML, and a page asked for by number far behind it."""
    now = time_told(owner)
    found = []
    for form, page in (("json", 1), ("xml", 1), ("json", DEEP)):
        path = f"/open311/v2/requests.{form}?jurisdiction_id={city.id}&page_size={PAGE}&page={page}"
        place = "" if page == 1 else f", page {page}"
        found.append(
            Operation(
                f"GeoReport list of {PAGE}, {form.upper()}{place}",
                API_WORKERS,
                "lists/s",
                load_of(measured, API_WORKERS, 200, [request_text("GET", path)]),
                floor_of(measured, API_WORKERS, [_script(city, now)]),
                BAR,
            )
        )
    return found


def _script(city: City, now: dt.datetime) -> Script:
    received = window(None, None, now, ("start_date", "end_date"))
    names, variables = variables_of("g_", list_values(city, ListFilter(received, page_size=PAGE)))
    return Script(reading(names["city_id"], spelled(statements.GEOREPORT_LIST, names)), variables)
