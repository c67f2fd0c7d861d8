"""What residents would miss: landmarks where nobody looks for them, rounds nobody is told of."""

from __future__ import annotations

from collections.abc import Iterator

import shapely
from shapely.geometry import shape

from city_config.configuration import KeyPath
from city_config.schema import City

DEGREES_AROUND = 0.01
"""About a kilometre: a bridge or an airport may lie a little outside."""


def resident_checks(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Doubts about what residents are told before they file."""
    yield from _landmarks_elsewhere(city)
    yield from _rounds_and_services(city)


def _landmarks_elsewhere(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Landmarks far from every district: a report about one would be refused."""
    if not city.landmarks:
        return
    drawn = [shapely.make_valid(shape(feature["geometry"])) for feature in city.districts["features"]]
    whole = shapely.union_all(drawn).buffer(DEGREES_AROUND)
    for number, landmark in enumerate(city.landmarks):
        if not whole.contains(shapely.Point(landmark.position.lon, landmark.position.lat)):
            yield (
                ("landmarks", number, "position"),
                f"{landmark.code}: lies outside every district of the city; are lat and lon swapped?",
            )


def _rounds_and_services(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Rounds that no service speaks of, and services that speak of rounds the city did not tell."""
    asked = {service.asks_round for service in city.services}
    silent = {collection.waste for collection in city.rounds} - asked
    for number, collection in enumerate(city.rounds):
        if collection.waste in silent:
            silent.discard(collection.waste)
            yield (
                ("rounds", number),
                f"no service has asks_round: {collection.waste}, so nobody is told of these rounds",
            )
    told = {collection.waste for collection in city.rounds}
    for number, service in enumerate(city.services):
        if service.asks_round is not None and service.asks_round not in told:
            yield (
                ("services", number, "asks_round"),
                f"service {service.code!r} asks for rounds of {service.asks_round} waste, and there are none",
            )
