"""The network report of a period: what is published about all cities, kept as it was published.

Coverage and data quality come first, cities stand in order of name, every figure has its interval, and
nothing is ranked. The content is decided by the cities' snapshots alone, so that building it again gives
the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration
from nagara.errors import UnknownReport
from nagara.ids import uuid7
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.definitions import DEFINITIONS, METHOD_VERSION
from nagara.indicators.period import Period
from nagara.indicators.snapshots import cells_in, latest_snapshot, snapshot_cells
from nagara.network_report.content import Report, city_part, name_of, network_mix, remarks_on, rounded
from nagara.network_report.page import render

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
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
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
    cities = sorted(configuration.cities.values(), key=lambda city: name_of(city.names))
    snapshots = {city.id: latest_snapshot(connection, city.id) for city in cities}
    cells: dict[str, dict[CellKey, Cell]] = {
        city_id: snapshot_cells(connection, city_id, snapshot.id) if snapshot else {}
        for city_id, snapshot in snapshots.items()
    }
    weights = network_mix([cells_in(found, period) for found in cells.values()], codes)
    parts = []
    for city in cities:
        snapshot = snapshots[city.id]
        part = city_part(
            city, snapshot.as_json() if snapshot else None, cells[city.id], period, codes, weights
        )
        parts.append(part)
    return Report(
        period=str(period),
        network=name_of(configuration.network.names),
        method_version=METHOD_VERSION,
        cities=parts,
        codes=[
            {
                "code": code.code,
                "label": name_of(code.names),
                "service_class": code.service_class,
                "comparability": code.comparability,
                "reference_hours": code.reference_hours,
            }
            for code in configuration.network.codes
        ],
        weights={code: rounded(weight) or 0.0 for code, weight in weights.items()},
        definitions=[dict(line.as_json()) for line in DEFINITIONS if line.scope == "cells"],
        remarks=remarks_on(parts),
    )
