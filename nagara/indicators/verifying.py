"""Computes a snapshot again from the event log, years later if need be, and says what differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from city_config import Configuration
from city_config.schema import City, NetworkCode
from nagara.errors import InvalidInput
from nagara.indicators.build import count_events, month_figures
from nagara.indicators.cells import Cell
from nagara.indicators.declared import read_again
from nagara.indicators.definitions import METHOD_VERSION
from nagara.indicators.log_stream import Tell
from nagara.indicators.packed import Packed, PartKey
from nagara.indicators.reading import tell_nobody
from nagara.indicators.snapshots import MonthRow, month_rows

FIND = """
select city_id, cut_off, built_at, method_version, events_seen, inputs from indicator_snapshot where id = %s
"""
SHOWN = 10


@dataclass(frozen=True)
class Verified:
    """What recomputing a snapshot found."""

    city_id: str
    rows: int
    """Cells that the snapshot has."""
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
    counted = count_events(connection, city, cut_off, built_at, tell, read_again(inputs["emergencies"]))
    stored = month_rows(connection, {city_id: snapshot_id})[city_id]
    codes = _codes(inputs["codes"])
    found = [*_inputs(city, inputs, events, counted.events, counted.digest)]
    earlier = _Earlier(connection, city, snapshot_id, tell)
    for month in sorted(stored.keys() | counted.months.keys()):
        found += _differences(month, stored.get(month), counted.months.get(month), codes, earlier)
    shown = found[:SHOWN] + ([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])
    cells = sum(len(row.packed.parts) for row in stored.values())
    return Verified(city_id, cells, counted.events, tuple(shown))


class _Earlier:
    """Counts again what earlier snapshots counted: months in which only time had passed since."""

    def __init__(self, connection: psycopg.Connection[Any], city: City, snapshot: UUID, tell: Tell) -> None:
        self._connection, self._city, self._own, self._tell = connection, city, snapshot, tell
        self._counted: dict[UUID, Mapping[dt.date, Packed]] = {}

    def month(self, counted_by: UUID, month: dt.date) -> Packed | None:
        """The month as the snapshot that counted it must have counted it."""
        if counted_by == self._own:
            return None
        if counted_by not in self._counted:
            row = self._connection.execute(FIND, (counted_by,)).fetchone()
            if row is None:
                return None
            _, cut_off, built_at, _, _, inputs = row
            declared = read_again(inputs["emergencies"])
            found = count_events(self._connection, self._city, cut_off, built_at, self._tell, declared)
            self._counted[counted_by] = found.months
        return self._counted[counted_by].get(month)


def _differences(
    month: dt.date,
    stored: MonthRow | None,
    counted: Packed | None,
    codes: Mapping[str, NetworkCode],
    earlier: _Earlier,
) -> Iterator[str]:
    """What of a month is not as the log gives it; a month of an earlier snapshot as of then."""
    where = f"{month:%Y-%m}"
    if stored is None:
        yield f"{where}: the log gives counts, the snapshot has none"
        return
    kept = stored.packed.to_bytes()
    if counted is None or counted.to_bytes() != kept:
        then = earlier.month(stored.counted_by, month)
        counted = then if then is not None and then.to_bytes() == kept else counted
    if counted is None:
        yield f"{where}: the snapshot has counts, the log gives none"
    elif counted.to_bytes() != kept:
        yield from (f"{where}, {line}" for line in _cells(stored.packed.cells(), counted.cells()))
    elif month_figures(counted, codes) != stored.figures:
        yield f"{where}: figures differ"


def _cells(stored: Mapping[PartKey, Cell], computed: Mapping[PartKey, Cell]) -> Iterator[str]:
    """The cells that differ, by code and district."""
    for key in sorted(key for key in stored.keys() | computed.keys() if stored.get(key) != computed.get(key)):
        code, district, _ = key
        where = f"{code}, district {district}"
        if key not in stored:
            yield f"{where}: the log gives counts, the snapshot has none"
        elif key not in computed:
            yield f"{where}: the snapshot has counts, the log gives none"
        else:
            yield f"{where}: {', '.join(_parts(stored[key], computed[key]))} differ"


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


def _parts(one: Cell, other: Cell) -> list[str]:
    cells = one.to_json(), other.to_json()
    return [name for name in cells[0] if cells[0][name] != cells[1][name]]
