"""The network's mix of codes, by which cities are standardised: frozen for a year, from the year before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration
from nagara.indicators.period import Period
from nagara.indicators.sheets import Asked, read_sheets
from nagara.indicators.side_by_side import Sheets, issue_weights, measured_together

READ = "select codes from indicator_weights where city_id = 'network' and year = %s"
FREEZE = """
insert into indicator_weights (city_id, year, frozen_at, codes, snapshot_ids)
values ('network', %s, %s, %s, %s) on conflict do nothing
"""
ENOUGH = 1000
"""Issues of a year below which its mix is not frozen: it would be chance's."""


@dataclass(frozen=True)
class Weights:
    """Each code's share of the network's issues; ``frozen`` where a year's are published and hold for all of it."""

    year: int
    frozen: bool
    codes: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """For whoever wants to weigh again."""
        codes = {code: round(share, 6) for code, share in self.codes.items()}
        return {"year": self.year, "frozen": self.frozen, "codes": codes}


def weights_of(connection: psycopg.Connection[Any], year: int, sheets: Sheets) -> Weights:
    """The frozen weights of a year; where none are, the mix of the sheets themselves, said to be so."""
    frozen = frozen_of(connection, year)
    return Weights(year, frozen is not None, issue_weights(sheets) if frozen is None else frozen)


def frozen_of(connection: psycopg.Connection[Any], year: int) -> dict[str, float] | None:
    """Each code's share that is frozen for a year; None where none is."""
    row = connection.execute(READ, (year,)).fetchone()
    return None if row is None else {code: float(share) for code, share in sorted(row[0].items())}


def freeze(
    connection: psycopg.Connection[Any],
    year: int,
    sheets_before: Sheets,
    snapshots: Mapping[str, str],
    now: dt.datetime,
) -> bool:
    """Freeze a year's weights from sheets of the year before, of 1,000 issues at least; returns whether they stand."""
    if connection.execute(READ, (year,)).fetchone() is not None:
        return True
    if sum(sum(sheet["strata"]["issues"].values()) for sheet in sheets_before.values()) < ENOUGH:
        return False
    codes = issue_weights(sheets_before)
    connection.execute(FREEZE, (year, now, Jsonb(codes), Jsonb(dict(snapshots))))
    return True


def freeze_year(connection: psycopg.Connection[Any], configuration: Configuration, now: dt.datetime) -> bool:
    """Freeze the weights of the present year where they are not yet; returns whether they stand. Does not commit."""
    year = now.astimezone(dt.UTC).year
    if connection.execute(READ, (year,)).fetchone() is not None:
        return True
    before = Asked(Period(dt.date(year - 1, 1, 1), dt.date(year - 1, 12, 1)))
    found = read_sheets(connection, configuration, list(configuration.cities), before)
    sheets = measured_together({city: one.sheet for city, one in found.items()})
    snapshots = {city: str(found[city].snapshot.id) for city in sheets}
    return freeze(connection, year, sheets, snapshots, now)
