"""Small cities for tests of the pure rules: only what a rule needs, the rest by default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from city_config import Configuration
from city_config.schema import City, Network

Values = Mapping[str, Any]

OFFICE_WEEK = {day: ["07:30-11:30", "14:00-17:30"] for day in ("mon", "tue", "wed", "thu", "fri")}
CAMBODIAN_HOURS: Values = {"hours": OFFICE_WEEK, "holidays": {"country": "KH"}}
BRUNEIAN_HOURS: Values = {
    "hours": {day: ["07:45-12:15", "13:30-16:30"] for day in ("mon", "tue", "wed", "thu", "sat")},
    "holidays": {"country": "BN"},
}
JOHOR_DAY = ["08:00-13:00", "14:00-17:00"]
JOHOR_HOURS: Values = {
    "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), JOHOR_DAY),
    "holidays": {"country": "MY", "subdivision": "01"},
    "hours_overrides": [
        {
            "from_date": "2014-01-01",
            "to_date": "2024-12-31",
            "hours": dict.fromkeys(("sun", "mon", "tue", "wed", "thu"), JOHOR_DAY),
            "reason": "Friday and Saturday were the weekend until the end of 2024",
        }
    ],
}


def rectangle(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    """Coordinates of a GeoJSON polygon."""
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(code: str, *polygons: list[list[list[float]]], name: str = "") -> dict[str, Any]:
    """A GeoJSON feature: one polygon, or several as a multipolygon."""
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": polygons[0]}
    if len(polygons) > 1:
        geometry = {"type": "MultiPolygon", "coordinates": list(polygons)}
    return {
        "type": "Feature",
        "properties": {"code": code, "names": {"en": name or f"District {code}"}},
        "geometry": geometry,
    }


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON feature collection."""
    return {"type": "FeatureCollection", "features": list(features)}


def service(code: str, network_code: str = "waste_missed", **fields: Any) -> dict[str, Any]:
    """A service that promises nothing unless told to."""
    return {
        "code": code,
        "network_code": network_code,
        "names": {"en": code.replace("_", " ").capitalize()},
        "promise": {},
        **fields,
    }


def small_city(**fields: Any) -> City:
    """A Cambodian city of one district, one department, one service and one rule, where nothing else is said.

    It has no fingerprint, as no folder holds it; each is told apart as an object.
    """
    values: dict[str, Any] = {
        "id": "kh-tst",
        "country": "KH",
        "reference_prefix": "TST",
        "names": {"en": "Testville"},
        "timezone": "Asia/Phnom_Penh",
        "languages": ["km", "en"],
        "map": {"centre": {"lat": 11.55, "lon": 104.9}},
        "calendar": CAMBODIAN_HOURS,
        "departments": [{"code": "works", "names": {"en": "Public Works"}}],
        "services": [service("missed_collection")],
        "rules": [{"id": "rest", "owner": "works", "because": "Public Works looks after the rest."}],
        "districts": collection(feature("01", rectangle(104.85, 11.5, 104.95, 11.6))),
    }
    return City.model_validate(values | fields)


def configured(cities: Sequence[City]) -> Configuration:
    """A configuration of these cities and a network of one code."""
    network = Network.model_validate(
        {
            "names": {"en": "Network"},
            "codes": [
                {
                    "code": "waste_missed",
                    "names": {"en": "Missed collection"},
                    "service_class": "clean",
                    "comparability": "A",
                }
            ],
        }
    )
    return Configuration(cities={city.id: city for city in cities}, network=network, folder=Path())


def local(city: City, text: str) -> dt.datetime:
    """An instant given in the city's local time, for example ``2026-11-20 16:00``."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(city.timezone))


PHNOM_PENH = small_city()
BRUNEI = small_city(id="bn-tst", country="BN", timezone="Asia/Brunei", calendar=BRUNEIAN_HOURS)
JOHOR = small_city(id="my-tst", country="MY", timezone="Asia/Kuala_Lumpur", calendar=JOHOR_HOURS)
NIGHT_CREW = small_city(
    calendar={
        "hours": {
            day: ["00:00-04:00", "20:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        }
    }
)
RAMADAN = small_city(
    id="bn-ram",
    timezone="Asia/Brunei",
    calendar={
        **BRUNEIAN_HOURS,
        "hours_overrides": [
            {
                "from_date": "2026-02-21",
                "to_date": "2026-03-18",
                "hours": {day: ["08:00-14:00"] for day in ("mon", "tue", "wed", "thu", "sat")},
                "reason": "Ramadan",
            }
        ],
    },
)
YANGON = small_city(
    id="mm-tst",
    timezone="Asia/Yangon",
    calendar={
        "hours": {day: ["09:30-16:30"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": {"country": "MM"},
    },
)
WORKING_CITIES = [PHNOM_PENH, BRUNEI, JOHOR, NIGHT_CREW, RAMADAN, YANGON]
