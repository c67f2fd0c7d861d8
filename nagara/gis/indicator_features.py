"""Indicators as features: one for each figure of a city's month, at the city's middle, from its newest snapshot.

Figures are the network's own, with their intervals; what is withheld there is withheld here, and a count of one
to nine is not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from city_config import City, Configuration
from nagara.gis.asked import Asked, wrong_cursor
from nagara.gis.district_features import chosen_cities
from nagara.gis.found import Feature, Found, feature, page_of, point
from nagara.indicators.definitions import BY_ID
from nagara.indicators.reasons import explained
from nagara.indicators.snapshots import latest_snapshot, month_figures
from nagara.indicators.suppression import is_few

QUERYABLES: Mapping[str, Mapping[str, Any]] = {
    "city": {"type": "string", "title": "Id of the city"},
    "figure": {"type": "string", "title": "Id of the figure's definition", "enum": list(BY_ID)},
    "month": {"type": "string", "title": "Month of receipt, YYYY-MM"},
}
FEW = "fewer than 10"


def page(connection: psycopg.Connection[Any], known: Configuration, asked: Asked) -> Found:
    """A page of figures in order of their ids; raise ``InvalidInput`` for a city there is none of."""
    if asked.cursor is not None and (len(asked.cursor) != 1 or not isinstance(asked.cursor[0], str)):
        raise wrong_cursor()
    fitting = [
        one
        for city in chosen_cities(known, asked)
        if asked.box is None or asked.box.touches(_middle(city))
        for one in of_city(connection, city)
        if _fits(one, asked)
    ]
    fitting.sort(key=lambda one: str(one["id"]))
    return page_of(fitting, asked.cursor[0] if asked.cursor else None, asked.limit)


def one(connection: psycopg.Connection[Any], known: Configuration, id_: str) -> Feature | None:
    """One figure by its id; None where there is none."""
    city = known.cities.get(id_.partition(".")[0])
    if city is None:
        return None
    return next((one for one in of_city(connection, city) if one["id"] == id_), None)


def of_city(connection: psycopg.Connection[Any], city: City) -> Iterator[Feature]:
    """Every figure of every month of a city's newest snapshot; nothing before the first."""
    snapshot = latest_snapshot(connection, city.id)
    if snapshot is None:
        return
    where = point(city.map.centre.lat, city.map.centre.lon)
    for month, figures, _ in month_figures(connection, city.id, snapshot.id):
        for id_, figure in figures.items():
            if id_ in BY_ID:
                properties = _properties(city, month, id_, figure) | {
                    "cut_off": snapshot.cut_off,
                    "method_version": snapshot.method_version,
                }
                yield feature(f"{city.id}.{month:%Y-%m}.{id_}", where, properties)


def _properties(city: City, month: dt.date, id_: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    definition = BY_ID[id_]
    few = definition.unit == "count" and is_few(round(figure["value"] or 0))
    hidden = few or is_few(figure["n"] or 0)
    reason = FEW if hidden else figure["withheld"]
    return {
        "city": city.id,
        "month": f"{month:%Y-%m}",
        "figure": id_,
        "name": definition.name,
        "unit": definition.unit,
        "value": None if hidden else figure["value"],
        "low": None if hidden else figure["low"],
        "high": None if hidden else figure["high"],
        "n": None if hidden else figure["n"],
        "withheld": reason,
        "withheld_code": explained(reason).get("withheld_code"),
        "provisional": figure["provisional"],
    }


def _fits(one: Feature, asked: Asked) -> bool:
    """Whether it has the properties asked for and its month has a day of the time asked for."""
    shown = one["properties"]
    if any(shown[name] != value for name, value in asked.properties.items()):
        return False
    first = dt.date.fromisoformat(f"{shown['month']}-01")
    following = (first + dt.timedelta(days=31)).replace(day=1)
    start, end = asked.during.start, asked.during.end
    return not ((end is not None and first > end.date()) or (start is not None and following <= start.date()))


def _middle(city: City) -> tuple[float, float, float, float]:
    centre = city.map.centre
    return centre.lon, centre.lat, centre.lon, centre.lat
