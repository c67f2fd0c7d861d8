"""The network report of a period: what is published about all cities, kept as it was published.

Coverage and data quality come first, cities stand in order of name, every figure has its interval, and
nothing is ranked. The content is decided by the cities' snapshots alone, so that building it again gives
the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration, NetworkCode
from nagara.errors import UnknownReport
from nagara.ids import uuid7
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.definitions import DEFINITIONS, METHOD_VERSION
from nagara.indicators.mix import frozen_of
from nagara.indicators.period import Period
from nagara.indicators.snapshots import Snapshot, latest_snapshot, snapshot_cells
from nagara.network.pulled import pulled_cities
from nagara.network_report.comparing import (
    STANDARDISED,
    compared,
    funnels,
    period_before,
    standardised_again,
)
from nagara.network_report.content import (
    BESIDE,
    HEADLINE,
    CityPart,
    Gathered,
    Report,
    Weights,
    city_part,
    name_of,
)
from nagara.network_report.coverage import remarks_on, rounded
from nagara.network_report.districts import cells_of_districts
from nagara.network_report.page import render

REPORT_VERSION = "6"

ADD_REPORT = """
insert into network_report (city_id, id, period, created_at, snapshot_ids, content_digest, content, html)
values ('network', %s, %s, %s, %s, %s, %s, %s)
on conflict (city_id, content_digest) do nothing
returning id
"""
FIND_REPORT = "select id from network_report where city_id = 'network' and content_digest = %s"
READ_REPORT = """
select id, period, created_at, snapshot_ids, content_digest, content, html
  from network_report where city_id = 'network' and id = %s
"""
LIST_REPORTS = """
select id, period, created_at, content_digest
  from network_report where city_id = 'network' order by created_at desc, id desc limit %s
"""


@dataclass(frozen=True)
class StoredReport:
    """A report as it is kept."""

    id: UUID
    period: str
    created_at: dt.datetime
    snapshot_ids: dict[str, str]
    content_digest: str
    content: dict[str, Any]
    html: str


def build_report(
    connection: psycopg.Connection[Any], configuration: Configuration, period: Period, now: dt.datetime
) -> UUID:
    """Make the report of a period from every city's newest snapshot and keep it; returns its id.

    The same snapshots give the same report: it is found, not made again. Does not commit.
    """
    report = compose(connection, configuration, period)
    content = asdict(report)
    digest = _digest(content)
    found = connection.execute(FIND_REPORT, (digest,)).fetchone()
    if found is None:
        snapshots = {city.id: city.snapshot["id"] for city in report.cities if city.snapshot}
        values = (
            uuid7(),
            report.period,
            now,
            Jsonb(snapshots),
            digest,
            Jsonb(content),
            render(content, digest),
        )
        found = connection.execute(ADD_REPORT, values).fetchone()
        found = found or connection.execute(FIND_REPORT, (digest,)).fetchone()
    if found is None:
        raise RuntimeError("a report of the same content is there but cannot be read")
    return UUID(str(found[0]))


def with_content(report: StoredReport, content: Mapping[str, Any]) -> StoredReport:
    """The report as it would be with other content: under a digest and with a page of its own."""
    digest = _digest(content)
    return replace(report, content=dict(content), content_digest=digest, html=render(content, digest))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_report(connection: psycopg.Connection[Any], report_id: UUID) -> StoredReport:
    """A kept report; raises ``UnknownReport`` where there is none of this id."""
    row = connection.execute(READ_REPORT, (report_id,)).fetchone()
    if row is None:
        raise UnknownReport(f"There is no network report {report_id}.", field="report")
    return StoredReport(*row)


def list_reports(connection: psycopg.Connection[Any], limit: int = 100) -> list[dict[str, Any]]:
    """Kept reports, newest first: id, period, created_at, content_digest."""
    rows = connection.execute(LIST_REPORTS, (limit,)).fetchall()
    return [
        {"id": str(row[0]), "period": row[1], "created_at": row[2].isoformat(), "content_digest": row[3]}
        for row in rows
    ]


def compose(connection: psycopg.Connection[Any], configuration: Configuration, period: Period) -> Report:
    """The content of a report from every city's newest snapshot; cities without one are named as missing."""
    codes = configuration.network.codes_by_code
    before = period_before(period)
    snapshots: dict[str, Snapshot | None] = {}
    gathered: dict[str, Gathered] = {}
    pulled = pulled_cities(connection)
    for city_id in configuration.cities:
        snapshots[city_id] = snapshot = latest_snapshot(connection, city_id)
        cells: dict[CellKey, Cell] = {}
        of_districts: dict[CellKey, Cell] = {}
        if snapshot:
            cells = snapshot_cells(connection, city_id, snapshot.id)
            span = Period(before.first, period.last)
            of_districts = cells_of_districts(connection, city_id, snapshot.id, codes, span)
        untold = pulled[city_id].missing if city_id in pulled else ()
        gathered[city_id] = Gathered.of(cells, period, before, of_districts, untold)
    frozen = frozen_of(connection, period.last.year)
    return put_together(configuration, period, snapshots, gathered, frozen)


def put_together(
    configuration: Configuration,
    period: Period,
    snapshots: Mapping[str, Snapshot | None],
    gathered: Mapping[str, Gathered],
    frozen: Mapping[str, float] | None = None,
) -> Report:
    """The content of a report of all cities in order of name; ``frozen``: the mix of codes of the year. Pure."""
    codes = configuration.network.codes_by_code
    before = period_before(period)
    cities = sorted(configuration.cities.values(), key=lambda city: name_of(city.names))
    weights = Weights.of([gathered[city.id] for city in cities], codes, frozen)
    parts = [
        city_part(
            city,
            snapshot.as_json() if (snapshot := snapshots[city.id]) else None,
            gathered[city.id],
            (period, before),
            codes,
            weights,
        )
        for city in cities
    ]
    return Report(
        period=str(period),
        network=name_of(configuration.network.names),
        method_version=METHOD_VERSION,
        cities=parts,
        codes=[_code(code) for code in configuration.network.codes],
        weights={code: rounded(weight) or 0.0 for code, weight in weights.issues.items()},
        definitions=[
            dict(line.as_json())
            for line in DEFINITIONS
            if line.scope == "cells" or line.id in (*HEADLINE, *BESIDE)
        ],
        remarks=remarks_on([vars(part) for part in parts]),
        before=str(before),
        report_version=REPORT_VERSION,
        promise_weights={code: rounded(weight) or 0.0 for code, weight in weights.promises.items()},
        funnels=funnels(
            {city.id: gathered[city.id].received for city in cities},
            codes,
            {city.id: gathered[city.id].not_told for city in cities},
        ),
        compared=_compared(parts),
        weights_frozen=weights.frozen,
    )


def _code(code: NetworkCode) -> dict[str, Any]:
    return {
        "code": code.code,
        "label": name_of(code.names),
        "names": dict(code.names),
        "service_class": code.service_class,
        "comparability": code.comparability,
        "reference_hours": code.reference_hours,
    }


def _compared(parts: Sequence[CityPart]) -> dict[str, dict[str, Any]]:
    """The standardised headline figures around the network's common value, where three cities have one."""
    found = {}
    for figure in STANDARDISED:
        of_cities = {part.id: standardised_again(part.headline[figure]) for part in parts}
        around = compared({city: one for city, one in of_cities.items() if one is not None})
        if around is not None:
            found[figure] = around
    return found
