"""The external owners that are configured now, and their servers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from city_config import City
from city_config.schema import ExternalOwner
from nagara.cities import configuration
from nagara.open311.client import Endpoint, Server
from nagara.outgoing import Caller, stated_places
from nagara.settings import settings

Place = tuple[str, str]
"""A city and the code of an external owner of it."""


class KeyMissing(Exception):
    """The owner's key has a name, and the setting has nothing under it."""


def configured(now: dt.datetime) -> Iterator[tuple[City, ExternalOwner]]:
    """Every external owner that holds on the city's present day."""
    for city in configuration().cities.values():
        for owner in city.external_owners:
            if owner.holds_on(now.astimezone(city.zone).date()):
                yield city, owner


def any_configured() -> bool:
    """Whether any city has an external owner at all; where none has, nothing need be looked for."""
    return any(city.external_owners for city in configuration().cities.values())


def find(place: Place) -> tuple[City, ExternalOwner] | None:
    """An external owner by city and code, whether or not it holds today; None where it is configured no longer."""
    city = configuration().cities.get(place[0])
    owner = city.external_owners_by_code.get(place[1]) if city else None
    return (city, owner) if city is not None and owner is not None else None


def pushing(city: City, label: str) -> ExternalOwner | None:
    """The external owner that sends its news with the key of this label."""
    return next((owner for owner in city.external_owners if owner.pushed_by == label), None)


def server_of(caller: Caller, city: City, owner: ExternalOwner) -> Server:
    """The owner's server. Raises ``KeyMissing``."""
    key = settings().external_keys.get(f"{city.id}/{owner.key}") if owner.key else None
    if owner.key and key is None:
        raise KeyMissing
    zone = ZoneInfo(owner.time_zone) if owner.time_zone else None
    secret = key.get_secret_value() if key else None
    return Server(caller, Endpoint(owner.endpoint, owner.jurisdiction, secret, owner.form, zone))


def open_caller(*endpoints: str) -> Caller:
    """Connections to other systems, also at a port that their city's file states; loopback in the demo only.

    ``endpoints``: addresses that another file of a city names.
    """
    owners = [owner.endpoint for city in configuration().cities.values() for owner in city.external_owners]
    return Caller(loopback=settings().demo, stated=stated_places([*owners, *endpoints]))
