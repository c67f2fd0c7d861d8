"""The cities this process serves, loaded once and found by id or by a reference's first letters."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg

from city_config import City, Configuration, Service, load_configuration
from nagara.deadlines import prepare_clocks
from nagara.errors import UnknownCity, UnknownService
from nagara.ids import read_reference
from nagara.places import index_for
from nagara.settings import settings


@lru_cache(maxsize=1)
def configuration() -> Configuration:
    """All cities and the network; raises ``ConfigurationError`` naming file and line of every fault."""
    return load_configuration(settings().city_config)


@lru_cache(maxsize=1)
def _by_prefix() -> Mapping[str, City]:
    return {city.reference_prefix: city for city in configuration().cities.values()}


def city_of(city_id: str) -> City:
    """The city of this id; raise ``UnknownCity`` listing the ids there are."""
    found = configuration().cities.get(city_id)
    if found is None:
        raise UnknownCity(f"There is no city {city_id[:40]!r}.", field="city", allowed=configuration().cities)
    return found


def service_of(city: City, code: str) -> Service:
    """The city's service of this code; raise ``UnknownService`` listing the codes there are."""
    found = city.services_by_code.get(code)
    if found is None:
        raise UnknownService(
            f"{city.name_in(city.names, 'en')} has no service {code[:80]!r}.",
            field="service_code",
            allowed=city.services_by_code,
        )
    return found


def city_of_reference(text: str) -> tuple[City, str] | None:
    """The city a reference belongs to and the reference as stored; None where no such can exist."""
    reference = read_reference(text)
    city = _by_prefix().get(reference[:3]) if reference else None
    return (city, reference) if city and reference else None


def prepare(now: dt.datetime) -> None:
    """Work out every city's map and clocks before the first request asks for them."""
    for city in configuration().cities.values():
        index_for(city)
        prepare_clocks(city, now)


def record_versions(connection: psycopg.Connection[Any], cities: Mapping[str, City]) -> int:
    """Keep the content behind each city's fingerprint; returns how many were new. The caller commits."""
    new = 0
    for city in cities.values():
        content = city.model_dump_json(exclude={"districts", "areas"}, exclude_defaults=True)
        row = connection.execute(
            "insert into config_version (city_id, fingerprint, recorded_at, content) "
            "values (%s, %s, clock_timestamp(), %s::jsonb) on conflict do nothing returning 1",
            (city.id, city.fingerprint, json.dumps(json.loads(content))),
        ).fetchone()
        new += row is not None
    return new
