"""Emergencies that an authority declared, as far as they hold now: they mark what happens, they stop no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from city_config import Configuration

HOLD_NOW = """
select city_id, kind, districts from declared_emergency
 where valid_from <= %(now)s and (valid_to is null or valid_to > %(now)s)
"""


@dataclass(frozen=True, slots=True)
class Declared:
    """An emergency of a city; without districts it is the whole city's."""

    city_id: str
    kind: str
    districts: frozenset[str]


def declared_now(
    connection: psycopg.Connection[Any], known: Configuration, now: dt.datetime
) -> tuple[Declared, ...]:
    """What cities have declared, in their console or in the network's file, and not ended by ``now``."""
    rows = connection.execute(HOLD_NOW, {"now": now}).fetchall()
    found = [Declared(city_id, kind, frozenset(districts or ())) for city_id, kind, districts in rows]
    for emergency in known.network.emergencies:
        city = known.cities.get(emergency.city)
        if city is not None and emergency.holds_on(now.astimezone(city.zone).date()):
            found.append(Declared(city.id, emergency.kind, frozenset(emergency.districts)))
    return tuple(found)


def holding(emergencies: Sequence[Declared], city_id: str, district: str | None) -> str | None:
    """The kind of the first emergency that holds where a request is."""
    here = (
        one.kind
        for one in emergencies
        if one.city_id == city_id and (not one.districts or district in one.districts)
    )
    return next(here, None)
