"""What a report says of a city's districts: how long issues stay open in each, and how far they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg

from city_config import City, NetworkCode
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.definitions import RESTRICTED_HOURS
from nagara.indicators.equity import ENOUGH_IN_DISTRICT, District, gaps
from nagara.indicators.figures import can_read_at
from nagara.indicators.life_table import LifeTable
from nagara.indicators.period import Period
from nagara.indicators.reasons import explained
from nagara.indicators.residents import between_districts, districts_of
from nagara.indicators.snapshots import month_rows
from nagara.indicators.survival import kaplan_meier, restricted_mean
from nagara.network.pulled import WITHHELD, rests_on_untold
from nagara.network_report.apart import issues_by_district

Codes = Mapping[str, NetworkCode]


def compares(code: NetworkCode | None) -> bool:
    """Whether times of resolution of a code are compared between cities."""
    return code is not None and code.comparability == "A" and code.service_class != "util"


def cells_of_districts(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID, codes: Codes, period: Period
) -> dict[CellKey, Cell]:
    """A snapshot's cells of single districts in a period, of the codes whose resolution compares."""
    rows = month_rows(connection, {city_id: snapshot_id}, period.first, period.last)[city_id]
    return {
        (month, *key): cell
        for month, row in rows.items()
        for key, cell in row.packed.where(lambda part: compares(codes.get(part[0])))
        .without_emergency()
        .items()
    }


def equity_part(
    city: City, cells: Mapping[CellKey, Cell], period: Period, before: Period, codes: Codes
) -> dict[str, Any]:
    """Mean time open by district, N13 now and in the period before, and each district drawn to the mean.

    A district with fewer than 30 issues is named without a figure; counts of 1 to 9 are None, with another at least.
    """
    within = {key: cell for key, cell in cells.items() if key[0] in period}
    populations = {code: stated.value for code, stated in city.population_by_district.items()}
    people = city.population.value if city.population else None
    earlier = {key: cell for key, cell in cells.items() if key[0] in before}
    known = districts_of(within, codes, populations)
    now = between_districts(known, people)
    smoothed = _smoothed(known) if now.value is not None else {}
    tables = _tables(within, city)
    issues = issues_by_district(tables)
    rows = [
        _row(city, code, table, populations.get(code), smoothed.get(code)) | {"n": issues[code]}
        for code, table in tables.items()
    ]
    longer = districts_of(within, codes, populations, declining_ends=False)
    return {
        "typical": now,
        "typical_undeclined": between_districts(longer, people),
        "typical_before": between_districts(districts_of(earlier, codes, populations), people),
        "rows": rows,
        "expected": city.districts_expected or len(city.district_names),
    }


def districts_told(part: Mapping[str, Any], untold: tuple[str, ...]) -> dict[str, Any]:
    """The same without times that rest on what a pulled city's endpoint does not tell."""
    if not rests_on_untold("N13", untold):
        return dict(part)
    nothing = dict.fromkeys(("value", "low", "high", "smoothed")) | {"withheld": WITHHELD}
    nothing |= explained(WITHHELD)
    return {**part, "rows": [row | nothing for row in part["rows"]]}


def _tables(cells: Mapping[CellKey, Cell], city: City) -> dict[str, LifeTable]:
    found: dict[str, list[LifeTable]] = {code: [] for code in city.district_names}
    for (_, _, district), cell in cells.items():
        found.setdefault(district, []).append(cell.table("sustained"))
    tables = {code: LifeTable.merged(parts) for code, parts in found.items()}
    return {code: tables[code] for code in sorted(tables, key=lambda code: district_name(city, code))}


def _smoothed(known: list[District]) -> dict[str, float]:
    enough = [district for district in known if district.n >= ENOUGH_IN_DISTRICT]
    return gaps(enough).smoothed


def _row(
    city: City, code: str, table: LifeTable, population: int | None, smoothed: float | None
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": code,
        "names": dict(city.district_names.get(code, {"en": code})),
        "population": population,
        "n": None,
        "value": None,
        "low": None,
        "high": None,
        "smoothed": None if smoothed is None else round(smoothed, 6),
        "withheld": None,
    }
    if table.total < ENOUGH_IN_DISTRICT:
        return row | _withheld(f"fewer than {ENOUGH_IN_DISTRICT} issues")
    if not can_read_at(table.risk, RESTRICTED_HOURS):
        return row | _withheld("too few were followed for 30 days")
    area = restricted_mean(kaplan_meier(table.risk), RESTRICTED_HOURS)
    if area is None:
        return row | _withheld("too few were followed for 30 days")
    mean = area.estimate(RESTRICTED_HOURS)
    ends = {"value": mean.value, "low": mean.low, "high": mean.high}
    return row | {name: None if end is None else round(end, 6) for name, end in ends.items()}


def _withheld(reason: str) -> dict[str, Any]:
    return {"withheld": reason} | explained(reason)


def district_name(city: City, code: str) -> str:
    """A district's English name, or whichever there is, or its code."""
    names = city.district_names.get(code, {})
    return names.get("en") or next(iter(names.values()), code)
