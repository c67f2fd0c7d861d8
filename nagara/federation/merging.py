"""Putting a bundle where the figures of hosted cities stand; from there on nothing tells the two apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration
from nagara.federation.bundle import Bundle
from nagara.federation.plausible import Told
from nagara.ids import uuid7
from nagara.indicators.build import FIND_SNAPSHOT, store_months
from nagara.indicators.cells import Cell
from nagara.indicators.packed import pack_cells
from nagara.indicators.snapshots import district_cells, month_rows
from nagara.network.errors import ImplausibleCounts, MalformedBundle
from nagara.trust.roots import TIME

LAST: LiteralString = """
select bundle.made_at, snapshot.id, snapshot.cut_off, snapshot.method_version, snapshot.events_seen
  from federation_bundle bundle
  join indicator_snapshot snapshot on snapshot.city_id = bundle.city_id and snapshot.id = bundle.snapshot_id
 where bundle.city_id = %s order by bundle.made_at desc limit 1
"""


ADD_SNAPSHOT = """
insert into indicator_snapshot (city_id, id, cut_off, built_at, method_version, config_fingerprints,
                                holidays_version, inputs_digest, events_seen)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (city_id, inputs_digest) do nothing
returning id
"""


PartKey = tuple[dt.date, str, str, bool]
"""(first day of the month, network code, district, whether received in a declared emergency)."""


def emergency_cells(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID
) -> dict[PartKey, Cell]:
    """A snapshot's cells, of what was received in a declared emergency apart from the rest."""
    return {
        (month, *part): cell
        for month, row in month_rows(connection, {city_id: snapshot_id})[city_id].items()
        for part, cell in row.packed.cells().items()
    }


def moment(text: str) -> dt.datetime:
    """A time of a bundle; raise ``MalformedBundle`` for a day that no calendar has."""
    try:
        return dt.datetime.strptime(text, TIME).replace(tzinfo=dt.UTC)
    except ValueError:
        raise MalformedBundle(f"{text} is no time.", field="bundle") from None


def read_cells(bundle: Bundle, raw: Mapping[str, Any], configuration: Configuration) -> dict[PartKey, Cell]:
    """The cells of a bundle; raise ``MalformedBundle`` for codes and districts that the network does not know.

    What stands there instead is not said again: refusals are kept, and it could be anything.
    """
    codes = configuration.network.codes_by_code.keys() | {"other"}
    districts = configuration.cities[bundle.city].district_names.keys() | {"-"}
    found: dict[PartKey, Cell] = {}
    for number, (row, written) in enumerate(zip(bundle.rows, raw["rows"], strict=True)):
        where = f"rows.{number}"
        if row.code not in codes:
            raise MalformedBundle(
                "A row has a code that is not of the network.", field=f"{where}.code", allowed=codes
            )
        if row.district not in districts:
            raise MalformedBundle(
                f"A row has a district that {bundle.city} has not.",
                field=f"{where}.district",
                allowed=districts,
            )
        key = (dt.date.fromisoformat(f"{row.month}-01"), row.code, row.district, row.emergency)
        if key in found:
            raise MalformedBundle("The same month, code and district stand twice.", field=where)
        try:
            found[key] = Cell.from_json(written["cell"])
        except ValueError as error:
            raise MalformedBundle(f"{where}: {error}", field=f"{where}.cell") from None
    return found


def told_before(connection: psycopg.Connection[Any], city_id: str) -> Told | None:
    """The last bundle of a city that was merged; None before the first."""
    row = connection.execute(LAST, (city_id,)).fetchone()
    if row is None:
        return None
    made_at, snapshot_id, cut_off, method, events = row
    cells = district_cells(connection, city_id, snapshot_id)
    return Told.of(made_at, cut_off, method, events, cells.items())


def keep_snapshot(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    bundle: Bundle,
    cells: Mapping[PartKey, Cell],
    now: dt.datetime,
) -> UUID:
    """Store the snapshot and its figures, computed here from the counts; found again if it is there."""
    part, city_id = bundle.snapshot, bundle.city
    values = (
        city_id,
        uuid7(),
        moment(part.cut_off),
        now,
        part.method_version,
        Jsonb(part.config_fingerprints),
        part.holidays_version,
        part.inputs_digest,
        part.events_seen,
    )
    added = connection.execute(ADD_SNAPSHOT, values).fetchone()
    if added is None:
        found = connection.execute(FIND_SNAPSHOT, (city_id, part.inputs_digest)).fetchone()
        if found is None:
            raise RuntimeError("a snapshot of the same inputs is there but cannot be read")
        if emergency_cells(connection, city_id, found[0]) != cells:
            raise ImplausibleCounts(
                "The counts are others than before, and their inputs are said to be the same.",
                field="snapshot.inputs_digest",
            )
        return UUID(str(found[0]))
    codes = configuration.network.codes_by_code
    months: dict[dt.date, dict[tuple[str, str, bool], Cell]] = {}
    for (month, code, district, declared), cell in cells.items():
        months.setdefault(month, {})[code, district, declared] = cell
    packed = {month: pack_cells(found) for month, found in months.items()}
    store_months(connection, city_id, UUID(str(added[0])), packed, codes, {})
    return UUID(str(added[0]))
