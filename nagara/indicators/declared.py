"""Emergencies that cities declared, as figures need them: from when to when, and where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg

from city_config import Configuration
from city_config.schema import City
from nagara.indicators.facts import OPEN, micros
from nagara.indicators.tally import Emergency

DECLARED = """
select valid_from, valid_to, districts from declared_emergency where city_id = %s order by valid_from, id
"""


def emergencies_of(
    connection: psycopg.Connection[Any], configuration: Configuration, city: City
) -> tuple[Emergency, ...]:
    """What a city declared in its console or in the network's file, whenever; one that has not ended has no end."""
    found = [
        Emergency(micros(begin), OPEN if end is None else micros(end), frozenset(districts or ()))
        for begin, end, districts in connection.execute(DECLARED, (city.id,))
    ]
    for one in configuration.network.emergencies:
        if one.city == city.id:
            ends = (
                OPEN if one.valid_to is None else micros(_midnight(city, one.valid_to + dt.timedelta(days=1)))
            )
            begins = 0 if one.valid_from is None else micros(_midnight(city, one.valid_from))
            found.append(Emergency(begins, ends, frozenset(one.districts)))
    return tuple(sorted(found, key=written))


def _midnight(city: City, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=city.zone)


def written(one: Emergency) -> list[Any]:
    """An emergency as a snapshot's inputs keep it."""
    return [one.begins, one.ends, sorted(one.districts)]


def read_again(kept: Sequence[Sequence[Any]]) -> tuple[Emergency, ...]:
    """Emergencies as a snapshot's inputs keep them."""
    return tuple(Emergency(begins, ends, frozenset(districts)) for begins, ends, districts in kept)
