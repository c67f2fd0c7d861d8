"""Figures of cities side by side, as the network's page and its clients read them. Aggregates only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import psycopg

from city_config import City, Configuration, NetworkCode
from nagara.errors import UnknownCity
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.definitions import DEFINITIONS, ENOUGH_AT_RISK, METHOD_VERSION, RESTRICTED_HOURS
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.period import Period
from nagara.indicators.residents import between_districts, districts_of, rates
from nagara.indicators.snapshots import (
    ALL_DISTRICTS,
    Snapshot,
    cells_in,
    district_cells,
    figures_in,
    latest_snapshot,
    snapshot_cells,
)
from nagara.indicators.survival import kaplan_meier

CURVE_HOURS: tuple[float, ...] = (
    1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 144, 168, 240, 336, 504, RESTRICTED_HOURS,
)  # fmt: skip
"""Where a curve is read: close together in the first days, where most requests end."""


def indicators(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    period: Period,
    city_ids: Sequence[str],
    code: str = ALL_CODES,
    district: str = ALL_DISTRICTS,
) -> dict[str, Any]:
    """Figures of the cities for a period from their newest snapshots, in order of city name.

    A city without a snapshot is named in ``without_figures``, never left out in silence.
    """
    for city_id in city_ids:
        if city_id not in configuration.cities:
            raise UnknownCity(
                f"There is no city {city_id[:40]!r}.", field="city", allowed=configuration.cities
            )
    chosen = [configuration.cities[city_id] for city_id in city_ids or configuration.cities]
    shown = [
        _city(connection, configuration, city.id, period, code, district)
        for city in sorted(chosen, key=lambda city: city.name_in(city.names, "en"))
    ]
    return {
        "period": str(period),
        "code": code,
        "district": district or None,
        "method_version": METHOD_VERSION,
        "simulated": [row["city"] for row in shown if row["snapshot"] and row["simulated"]],
        "cities": [row for row in shown if row["snapshot"]],
        "without_figures": [row["city"] for row in shown if not row["snapshot"]],
    }


def _city(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    city_id: str,
    period: Period,
    code: str,
    district: str,
) -> dict[str, Any]:
    city = configuration.cities[city_id]
    snapshot = latest_snapshot(connection, city_id)
    head = {"city": city_id, "names": dict(city.names)}
    if snapshot is None:
        return head | {"snapshot": None}
    cells = snapshot_cells(connection, city_id, snapshot.id, code, district)
    codes = configuration.network.codes_by_code
    within = cells_in(cells, period)
    figures = figures_in(cells, period, codes)
    if code == ALL_CODES and district == ALL_DISTRICTS:
        figures |= _of_residents(connection, city, snapshot, cells, period, codes)
    comparable = [
        cell
        for code_, cell in within.items()
        if code_ in codes and codes[code_].comparability == "A" and codes[code_].service_class != "util"
    ]
    return head | {
        "simulated": Cell.merged(within.values()).count("simulated") > 0,
        "snapshot": snapshot.as_json(),
        "figures": figures,
        "survival": survival_points(Cell.merged(comparable)),
    }


def _of_residents(
    connection: psycopg.Connection[Any],
    city: City,
    snapshot: Snapshot,
    cells: Mapping[CellKey, Cell],
    period: Period,
    codes: Mapping[str, NetworkCode],
) -> dict[str, Any]:
    """Rates by residents, and differences between districts, where the city states how many there are."""
    people = city.population.value if city.population else None
    ended = (period.last.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    known_to = min(ended, snapshot.cut_off.astimezone(city.zone).date())
    days = max(0, (known_to - period.first).days)
    found = rates(cells_in(cells, period), cells_in(cells, None), codes, people, days)
    populations = {code: stated.value for code, stated in city.population_by_district.items()}
    districts = []
    if people and populations:
        of_districts = district_cells(connection, city.id, snapshot.id)
        within = {key: cell for key, cell in of_districts.items() if key[0] in period}
        districts = districts_of(within, codes, populations)
    found["N13"] = between_districts(districts, people)
    return {key: figure.as_json() for key, figure in found.items()}


def survival_points(cell: Cell) -> list[dict[str, float | int | None]]:
    """The share still open by hours since receipt, with its 95 % band; ends where fewer than ten are followed."""
    table = cell.table("resolution")
    if not table:
        return []
    curve = kaplan_meier(table.risk)
    points: list[dict[str, float | int | None]] = []
    for hours in CURVE_HOURS:
        followed = table.risk.at_risk_at(hours)
        if followed < ENOUGH_AT_RISK:
            break
        at = curve.at(hours)
        points.append(
            {
                "hours": hours,
                "open": _number(at.value),
                "low": _number(at.low),
                "high": _number(at.high),
                "n": followed,
            }
        )
    return points


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 6)


def definitions(configuration: Configuration) -> dict[str, Any]:
    """What each figure is, and the common codes it is computed for."""
    codes = [
        {
            "code": code.code,
            "names": dict(code.names),
            "service_class": code.service_class,
            "comparability": code.comparability,
            "reference_hours": code.reference_hours,
        }
        for code in configuration.network.codes
    ]
    return {"definitions": [definition.as_json() for definition in DEFINITIONS], "codes": codes}
