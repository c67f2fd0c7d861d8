"""Indicators as features: one for each figure of a city's month, at the city's middle, from its newest snapshot.

Figures are the network's own, with their intervals, shown by the rules of its pages: what is withheld there, because
so few are counted or because a pulled city's endpoint does not tell of it, is withheld here.
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
from nagara.indicators.packed import SCALAR, Packed
from nagara.indicators.publishing import publish
from nagara.indicators.snapshots import latest_snapshot, month_cells, month_figures
from nagara.network.pulled import PulledCity, pulled_cities, told_of

QUERYABLES: Mapping[str, Mapping[str, Any]] = {
    "city": {"type": "string", "title": "Id of the city"},
    "figure": {"type": "string", "title": "Id of the figure's definition", "enum": list(BY_ID)},
    "month": {"type": "string", "title": "Month of receipt, YYYY-MM"},
}


def page(connection: psycopg.Connection[Any], known: Configuration, asked: Asked) -> Found:
    """A page of figures in order of their ids; raise ``InvalidInput`` for a city there is none of."""
    if asked.cursor is not None and (len(asked.cursor) != 1 or not isinstance(asked.cursor[0], str)):
        raise wrong_cursor()
    pulled = pulled_cities(connection)
    fitting = [
        one
        for city in chosen_cities(known, asked)
        if asked.box is None or asked.box.touches(_middle(city))
        for one in of_city(connection, city, pulled.get(city.id))
        if _fits(one, asked)
    ]
    fitting.sort(key=lambda one: str(one["id"]))
    return page_of(fitting, asked.cursor[0] if asked.cursor else None, asked.limit)


def one(connection: psycopg.Connection[Any], known: Configuration, id_: str) -> Feature | None:
    """One figure by its id; None where there is none."""
    city = known.cities.get(id_.partition(".")[0])
    if city is None:
        return None
    pulled = pulled_cities(connection).get(city.id)
    return next((one for one in of_city(connection, city, pulled) if one["id"] == id_), None)


def of_city(
    connection: psycopg.Connection[Any], city: City, pulled: PulledCity | None = None
) -> Iterator[Feature]:
    """Every figure of every month of a city's newest snapshot; nothing before the first.

    ``pulled``: what its endpoints do not tell, where it is read through any.
    """
    snapshot = latest_snapshot(connection, city.id)
    if snapshot is None:
        return
    where = point(city.map.centre.lat, city.map.centre.lon)
    cells = month_cells(connection, city.id, snapshot.id) if pulled else {}
    for month, figures, _ in month_figures(connection, city.id, snapshot.id):
        known = {id_: figure for id_, figure in figures.items() if id_ in BY_ID}
        if pulled:
            known = told_of(pulled, {"coverage": _coverage(cells[month])}, known)
        for id_, shown in publish(known).items():
            properties = _properties(city, month, id_, shown) | {
                "cut_off": snapshot.cut_off,
                "method_version": snapshot.method_version,
            }
            yield feature(f"{city.id}.{month:%Y-%m}.{id_}", where, properties)


def _coverage(month: Packed) -> dict[str, int]:
    """How many issues came in a month, and how many of them from another system."""
    return {
        name: int(month.value[month.scalar_column == SCALAR[f"counts.{name}"]].sum())
        for name in ("issues", "imported")
    }


def _properties(city: City, month: dt.date, id_: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    definition = BY_ID[id_]
    return {
        "city": city.id,
        "month": f"{month:%Y-%m}",
        "figure": id_,
        "name": definition.name,
        "unit": definition.unit,
        "value": shown["value"],
        "low": shown["low"],
        "high": shown["high"],
        "n": shown["n"],
        "withheld": shown["withheld"],
        "withheld_code": shown.get("withheld_code"),
        "provisional": shown["provisional"],
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
