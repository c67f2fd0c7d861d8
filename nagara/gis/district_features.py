"""Districts as features: the polygons of every city's configuration, with the days between which they counted. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry import shape

from city_config import City, Configuration
from nagara.errors import InvalidInput
from nagara.gis.asked import Asked, GeoBox, wrong_cursor
from nagara.gis.found import Feature, Found, feature, page_of
from nagara.per_city import PerCity

QUERYABLES: Mapping[str, Mapping[str, Any]] = {
    "city": {"type": "string", "title": "Id of the city"},
    "code": {"type": "string", "title": "Code of the district within the city"},
}


def page(known: Configuration, asked: Asked) -> Found:
    """A page of districts in order of their ids; raise ``InvalidInput`` for a city there is none of."""
    after = _after(asked)
    fitting = [
        one
        for city in chosen_cities(known, asked)
        for one in _features.of(city)
        if _fits(one, asked) and (asked.box is None or _in_box(one, asked.box))
    ]
    return page_of(fitting, after, asked.limit)


def one(known: Configuration, id_: str) -> Feature | None:
    """One district by its id; None where there is none."""
    city = known.cities.get(id_.partition(".")[0])
    return next((one for one in _features.of(city) if one["id"] == id_), None) if city else None


def chosen_cities(known: Configuration, asked: Asked) -> list[City]:
    """The city that is asked for, or all, in order of their ids."""
    wanted = asked.properties.get("city")
    if wanted is not None and wanted not in known.cities:
        raise InvalidInput(f"There is no city {wanted[:40]!r}.", field="city", allowed=known.cities)
    return [known.cities[id_] for id_ in sorted(known.cities) if wanted in (None, id_)]


def _after(asked: Asked) -> str | None:
    if asked.cursor is None:
        return None
    if len(asked.cursor) != 1 or not isinstance(asked.cursor[0], str):
        raise wrong_cursor()
    return asked.cursor[0]


def _fits(one: Feature, asked: Asked) -> bool:
    """Whether it has the properties asked for and counted on some day of the time asked for."""
    shown = one["properties"]
    if any(shown[name] != value for name, value in asked.properties.items()):
        return False
    start, end = asked.during.start, asked.during.end
    begins, ends = shown["valid_from"], shown["valid_to"]
    return not (
        (end is not None and begins is not None and dt.date.fromisoformat(begins) > end.date())
        or (start is not None and ends is not None and dt.date.fromisoformat(ends) < start.date())
    )


def _in_box(one: Feature, box: GeoBox) -> bool:
    outline = shape(one["geometry"])
    return any(bool(shapely.intersects(outline, shapely.box(*part))) for part in box.parts)


def _of_city(city: City) -> list[Feature]:
    """All districts of a city in order of their ids."""
    made = []
    for given in city.districts["features"]:
        code, names = given["properties"]["code"], given["properties"]["names"]
        dates, people = city.district_dates[code], city.population_by_district.get(code)
        properties = {
            "city": city.id,
            "code": code,
            "name": city.name_in(names, "en"),
            "name_local": city.name_in(names),
            "valid_from": dates.valid_from.isoformat() if dates.valid_from else None,
            "valid_to": dates.valid_to.isoformat() if dates.valid_to else None,
            "population": people.value if people else None,
            "population_year": people.year if people else None,
            "attribution": city.districts.get("attribution"),
            "licence": city.districts.get("licence"),
        }
        made.append(feature(f"{city.id}.{code}", given["geometry"], properties))
    return sorted(made, key=lambda one: str(one["id"]))


_features: PerCity[list[Feature]] = PerCity(_of_city)
