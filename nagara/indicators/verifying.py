"""Computes a snapshot again from the event log, years later if need be, and says what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from city_config import Configuration
from city_config.schema import City, NetworkCode
from nagara.errors import InvalidInput
from nagara.indicators.build import count_events, figure_rows
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.definitions import METHOD_VERSION
from nagara.indicators.reading import Tell, tell_nobody
from nagara.indicators.snapshots import every_row

FIND = """
select city_id, cut_off, built_at, method_version, events_seen, inputs from indicator_snapshot where id = %s
"""
SHOWN = 10


@dataclass(frozen=True)
class Verified:
    """What recomputing a snapshot found."""

    city_id: str
    rows: int
    """Rows that the snapshot has."""
    events: int
    """Events that were read."""
    differences: tuple[str, ...]
    """What is not as it was stored, in words; empty where everything is equal."""

    @property
    def equal(self) -> bool:
        """Whether every row is what the log gives today."""
        return not self.differences


def verify_snapshot(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshot_id: UUID,
    tell: Tell = tell_nobody,
) -> Verified:
    """Compute every row of a snapshot from the log as it was known then, by the codes that counted then.

    Raises ``InvalidInput`` where there is no such snapshot, or it was made by a method this version does not have.
    """
    row = connection.execute(FIND, (snapshot_id,)).fetchone()
    if row is None:
        raise InvalidInput(f"There is no snapshot {snapshot_id}.", field="snapshot")
    city_id, cut_off, built_at, method, events, inputs = row
    if method != METHOD_VERSION or inputs is None:
        raise InvalidInput(
            f"The snapshot was made by method {method}, this version has method {METHOD_VERSION}: "
            f"install the version of then to compute it.",
            field="snapshot",
        )
    city = configuration.cities.get(city_id)
    if city is None:
        raise InvalidInput(f"The city {city_id} of the snapshot is configured no longer.", field="snapshot")
    counted = count_events(connection, city, cut_off, built_at, tell)
    stored = every_row(connection, city_id, snapshot_id)
    computed = {
        key: (cell, figures) for key, cell, figures in figure_rows(counted.cells, _codes(inputs["codes"]))
    }
    found = [*_inputs(city, inputs, events, counted.events, counted.digest), *_rows(stored, computed)]
    return Verified(city_id, len(stored), counted.events, tuple(found))


def _codes(kept: list[list[Any]]) -> dict[str, NetworkCode]:
    """The network's codes as they counted then."""
    names = ("code", "service_class", "comparability", "reference_hours")
    codes = [dict(zip(names, code, strict=True)) | {"names": {"en": code[0]}} for code in kept]
    return {code["code"]: NetworkCode.model_validate(code) for code in codes}


def _inputs(city: City, inputs: Mapping[str, Any], events: int, seen: int, digest: str) -> Iterator[str]:
    if seen != events:
        yield f"the log has {seen} events as of then, the snapshot was made of {events}"
    if digest != inputs["events"]:
        yield "the events are not those the snapshot was made of"
    if city.timezone != inputs["timezone"]:
        yield f"the city's time zone was {inputs['timezone']} and is {city.timezone}: months begin elsewhere"


def _rows(
    stored: Mapping[CellKey, tuple[Cell, dict[str, Any]]],
    computed: Mapping[CellKey, tuple[Cell, dict[str, Any]]],
) -> Iterator[str]:
    """The first rows that differ, by month, code and district."""
    different = sorted(key for key in stored.keys() | computed.keys() if stored.get(key) != computed.get(key))
    for key in different[:SHOWN]:
        month, code, district = key
        where = f"{month:%Y-%m}, {code}, {f'district {district}' if district else 'all districts'}"
        if key not in stored:
            yield f"{where}: the log gives counts, the snapshot has none"
        elif key not in computed:
            yield f"{where}: the snapshot has counts, the log gives none"
        else:
            yield f"{where}: {', '.join(_parts(stored[key], computed[key]))} differ"
    if len(different) > SHOWN:
        yield f"and {len(different) - SHOWN} more rows"


def _parts(one: tuple[Cell, dict[str, Any]], other: tuple[Cell, dict[str, Any]]) -> list[str]:
    cells = one[0].to_json(), other[0].to_json()
    parts = [name for name in cells[0] if cells[0][name] != cells[1][name]]
    return [*parts, *(["figures"] if one[1] != other[1] else [])]
